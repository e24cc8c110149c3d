"""Virtual time: it goes on only when everybody waits, and then at once to whatever comes next."""

import asyncio
import heapq
import math
import selectors
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")

DAY = 86_400.0
EPOCH = 1_760_000_000.0


class Timer:
    """Something that will happen; it can be called off."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def fire(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()

    @property
    def off(self) -> bool:
        return self._call is None


class Timeline:
    """
    The time of a simulated machine, and what will happen on it.

    Attributes:
        time: seconds that never go back, not even by a jump of the wall clock.
        wall_offset: added to `time` gives the time that people see.
    """

    def __init__(self) -> None:
        self.time = 1000.0
        self.wall_offset = EPOCH
        self._due: list[tuple[float, int, Timer]] = []
        self._order = count()

    def wall(self) -> float:
        return self.time + self.wall_offset

    def jump_wall(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.wall_offset += seconds

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer, at = Timer(call), self.time + max(seconds, 0.0)
        if at - self.time < seconds:
            # Rounded down: nobody wakes too early.
            at = math.nextafter(at, math.inf)
        heapq.heappush(self._due, (at, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Lets time pass while none of our programs runs."""
        until = self.time + seconds
        while self._fire_next(until):
            pass
        self.time = max(self.time, until)

    def wait(self, seconds: float | None) -> None:
        """Goes on to what happens next, at most so far."""
        until = None if seconds is None else self.time + max(seconds, 0.0)
        if self._fire_next(until):
            return
        if until is None:
            raise AssertionError("everybody waits, and nothing will ever happen")
        self.time = max(self.time, until)

    def _fire_next(self, until: float | None) -> bool:
        while self._due and (self._due[0][2].off or until is None or self._due[0][0] <= until):
            at, _, timer = heapq.heappop(self._due)
            if not timer.off:
                self.time = max(self.time, at)
                timer.fire()
                return True
        return False


class _Waiting(selectors.SelectSelector):
    """A selector for which nothing is ever ready: waiting is what moves time."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._timeline.wait(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio on virtual time."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(_Waiting(timeline))
        self._timeline = timeline
        # What a killed program leaves behind is nobody's complaint.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        return self._timeline.time


def run(timeline: Timeline, work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end; what it left running is cancelled, as `asyncio.run` does."""
    loop, began = VirtualLoop(timeline), timeline.time
    try:
        return loop.run_until_complete(work)
    finally:
        if left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(_all(left))
        loop.close()
        assert timeline.time - began < 10 * DAY, "this took more than ten days"


async def _all(tasks: set["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
