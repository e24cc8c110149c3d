"""Many seeds, on all cores, for as long as one likes; what was seen is added up."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from tests.simulation.rules import FAULTS
from tests.simulation.walk import STEPS, Walk, walk

FIGURES = Path(__file__).with_name("soak.json")


@dataclass
class Soak:
    """
    What is walked, and what came of it.

    Attributes:
        minutes: no new seed begins after that; nothing is no limit.
        seeds: how many at most; nothing is no limit.
        first: the first of them, the others follow.
    """

    minutes: float | None = None
    seeds: int | None = None
    first: int = 0
    steps: int = STEPS
    walked: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[Walk] = field(default_factory=list)

    def run(self, workers: int, say: Callable[[str], None]) -> None:
        """Walks; says at once what does not hold."""
        began = time.monotonic()
        with ProcessPoolExecutor(workers) as pool:
            pending: set[Future[Walk]] = set()
            left = self._numbers(began)
            while pending := pending | {
                pool.submit(_walked, one, self.steps) for one in islice(left, 2 * workers - len(pending))
            }:
                ended, pending = wait(pending, return_when=FIRST_COMPLETED)
                for one in ended:
                    self._add(one.result(), say)
        self.seconds = time.monotonic() - began

    def _numbers(self, began: float) -> Iterator[int]:
        for number in islice(count(self.first), self.seeds):
            if self.minutes is not None and time.monotonic() - began >= self.minutes * 60:
                return
            yield number

    def _add(self, done: Walk, say: Callable[[str], None]) -> None:
        self.walked += 1
        self.counts += done.counts
        if done.problem:
            self.failed.append(done)
            say(f"seed {done.seed}: {done.problem}")
            say(f"  replay: python -m tests.simulation --seed {done.seed} --steps {done.steps}")

    def figures(self) -> dict[str, object]:
        """For a reader of docs/reliability.md."""
        counts = self.counts
        return {
            "seeds": self.walked,
            "first_seed": self.first,
            "steps": counts["steps"],
            "passes": counts["passes"],
            "crashes": counts["killed"],
            "faults": {name: counts[f"rule {name}"] for name in sorted(FAULTS)},
            "killed_at": _below("kill at ", counts),
            "during_a_pass": _during(counts),
            "checks": _below("check ", counts),
            "violating": sorted(one.seed for one in self.failed),
            "minutes": round(self.seconds / 60, 1),
        }

    def summary(self) -> str:
        """One line."""
        passes = self.counts["passes"]
        return (
            f"{self.walked} seeds from {self.first} on, {self.counts['steps']} steps, {passes} passes "
            f"({passes / max(self.seconds, 0.001):.0f} a second), {self.counts['killed']} crashes, "
            f"{len(self.failed)} violations, {self.seconds:.0f} s"
        )


def keep(figures: dict[str, object]) -> None:
    """Writes them beside this file, for docs/reliability.md."""
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def cores() -> int:
    """As many as we may use."""
    return len(os.sched_getaffinity(0))


def _below(head: str, counts: Counter[str]) -> dict[str, int]:
    found = Counter[str]()
    for name, number in counts.items():
        if name.startswith(head):
            found[name.removeprefix(head).split("?")[0]] += number
    return dict(sorted(found.items()))


def _during(counts: Counter[str]) -> int:
    return sum(number for name, number in counts.items() if " at " in name and not name.startswith("kill at "))


def _walked(seed: int, steps: int) -> Walk:
    done = walk(seed, steps)
    # A traceback does not travel between processes; the replay has it.
    done.error = None
    return done
