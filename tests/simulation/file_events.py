"""
A watcher of the files as watchers are: it tells late, twice, or nothing, and it tells of files that are half written.

What it tells means "look again" and nothing else. Whoever listens also looks every half minute, told or not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.simulation.clock import Timeline

RESYNC = 30.0
JITTER = 0.1
WRITING = 0.5
"""Seconds that an editor needs at most for a file that it does not replace as a whole."""


@dataclass(frozen=True)
class Manners:
    """How likely a notice is lost, told twice, and late; how likely a file is written in two steps."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    in_two_steps: float = 0.0


class FileEvents:
    """
    A file, the editor who writes it, and the watcher.

    Attributes:
        told: the watcher said that there is something to look at.
        counts: how many edits, half files and notices there were.
    """

    def __init__(self, clock: Timeline, file: Path, random: Random, manners: Manners) -> None:
        self._clock, self._file, self._random, self._manners = clock, file, random, manners
        self.told = False
        self.counts = {"edits": 0, "halves": 0, "notices": 0, "lost": 0}

    def edit(self, seconds: float, text: str, written: Callable[[], None] = lambda: None) -> None:
        """In so many seconds the file becomes this text; `written` is called when all of it is there."""
        self.counts["edits"] += 1
        if self._random.random() < self._manners.in_two_steps:
            half = text[: self._random.randrange(len(text))]
            self.counts["halves"] += 1
            self._clock.after(seconds, lambda: self._write(half))
            seconds += self._random.random() * WRITING

        def whole() -> None:
            self._write(text)
            written()

        self._clock.after(seconds, whole)

    def _write(self, text: str) -> None:
        self._file.write_text(text, encoding="utf-8")
        for _ in range(2 if self._random.random() < self._manners.doubled else 1):
            if self._random.random() < self._manners.lost:
                self.counts["lost"] += 1
            else:
                late = self._random.uniform(1.0, 60.0) if self._random.random() < self._manners.late else 0.1
                self._clock.after(late, self._tell)

    def _tell(self) -> None:
        self.counts["notices"] += 1
        self.told = True

    def watch(self, seconds: float, look: Callable[[], None]) -> None:
        """Looks whenever it is told to, and every half minute, for so long."""
        end = self._clock.time + seconds
        while self._clock.time < end:
            resync = self._clock.time + RESYNC * self._random.uniform(1 - JITTER, 1 + JITTER)
            while not self.told and self._clock.time < resync:
                self._clock.wait(resync - self._clock.time)
            self.told = False
            look()
