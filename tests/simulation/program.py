"""One life of our own program on a simulated machine: a pid, descriptors, and an end that may come at any port."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.domain.plan import Plan
from reconciler.runtime.world import World
from tests.simulation.files import SimulatedFiles
from tests.simulation.host_info import SimulatedHostInfo
from tests.simulation.killed import Killed
from tests.simulation.locks import LockFile, SimulatedSlotLocks
from tests.simulation.network import SimulatedHttp
from tests.simulation.processes import SimulatedProcessHost
from tests.simulation.secrets import SimulatedSecrets

if TYPE_CHECKING:
    from tests.simulation.host import SimulatedHost

T = TypeVar("T")

CURRENT: ContextVar["Program | None"] = ContextVar("CURRENT", default=None)
"""Whose code runs: for what has no port, such as the store and the crash points."""


class ProgramClock:
    """The port `Clock` of one program."""

    def __init__(self, program: "Program") -> None:
        self._program = program

    def now(self) -> float:
        self._program.alive()
        return self._program.host.clock.wall()

    def monotonic(self) -> float:
        self._program.alive()
        return self._program.host.clock.time

    async def sleep(self, seconds: float) -> None:
        await self._program.sleep(seconds)


class Program:
    """
    A run of `reconcile`.

    Attributes:
        on_boundary: is told the name of every point at which a kill would leave the world in another state.
        dead: nothing that it still does reaches the world; every port call raises `Killed`.
        planned: the plan that it made, once it has.
    """

    def __init__(self, host: "SimulatedHost") -> None:
        self.host = host
        self.dead = False
        self.planned: Plan | None = None
        self.on_boundary: Callable[[str], None] | None = None
        self.process = host.kernel.program_begins()
        self._descriptors: dict[int, LockFile] = {}
        self._next = 1000
        self._waiting: set[asyncio.Future[Any]] = set()

    @cached_property
    def world(self) -> World:
        host = self.host
        return World(
            clock=ProgramClock(self),
            processes=SimulatedProcessHost(self),
            locks=SimulatedSlotLocks(self, host.directory / "run" / "slots"),
            http=SimulatedHttp(self),
            files=SimulatedFiles(self),
            host=SimulatedHostInfo(self),
            secrets=SimulatedSecrets(self),
            binary=host.binary,
            catalogue=host.catalogue,
            directory=host.directory,
            environ=host.environ,
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs work of this program alone, to its end."""
        return self.host.run(self.does(work))

    async def does(self, work: Coroutine[Any, Any, T]) -> T:
        """The same inside of a loop that others run in too; give it to a task of its own."""
        CURRENT.set(self)
        return await work

    def kill(self) -> None:
        """SIGKILL: from now on it is not there. What it waits for ends now, in nobody's hands."""
        if self.dead:
            return
        self.dead = True
        for descriptor in tuple(self._descriptors):
            self.closes(descriptor)
        self.host.kernel.program_ends(self.process)
        for future in tuple(self._waiting):
            if not future.done():
                future.set_exception(Killed())

    def alive(self) -> None:
        """Raises `Killed` when it is not."""
        if self.dead:
            raise Killed

    def boundary(self, name: str) -> None:
        """A point at which it may be killed."""
        self.alive()
        if self.on_boundary is not None:
            self.on_boundary(name)
            self.alive()

    def opens(self, file: LockFile) -> int:
        self._next += 1
        self._descriptors[self._next] = file
        file.holders.add((self, self._next))
        return self._next

    def closes(self, descriptor: int) -> None:
        file = self._descriptors.pop(descriptor)
        file.holders.discard((self, descriptor))

    def file(self, descriptor: int) -> LockFile:
        return self._descriptors[descriptor]

    async def waits(self, future: "asyncio.Future[T]") -> T:
        """Waits for something of the machine, or for its own end."""
        self.alive()
        self._waiting.add(future)
        try:
            return await future
        finally:
            self._waiting.discard(future)

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.host.clock.after(seconds, lambda: _settle(woken))
        try:
            await self.waits(woken)
        finally:
            timer.cancel()


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
