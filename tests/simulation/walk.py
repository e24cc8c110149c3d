"""A random walk: a seed and a number of steps are one history, the same each time."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.simulation.killed import Killed
from tests.simulation.rules import RULES
from tests.simulation.simulation import Simulation

STEPS = 40
HOLD = Path("/dev/shm")


@dataclass
class Walk:
    """How it went; `problem` is empty when everything held."""

    seed: int
    steps: int
    problem: str = ""
    trace: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    error: BaseException | None = None


def walk(
    seed: int,
    steps: int = STEPS,
    *,
    say: Callable[[str], None] | None = None,
    only: Collection[str] = RULES,
) -> Walk:
    """
    Takes so many steps, and lets everything come to rest at the end.

    Args:
        only: the names of what may happen.
    """
    done = Walk(seed=seed, steps=steps)
    draws = Random(f"walk {seed}")  # noqa: S311 - a seed is a walk
    names = [name for name in RULES if name in only]
    weights = [RULES[name][1] for name in names]
    place = Path(tempfile.mkdtemp(dir=HOLD if HOLD.is_dir() else None, prefix="simulation-"))
    try:
        with Simulation(seed, place / "machine") as sim:
            sim.say = say
            done.counts = sim.counts
            for number in range(steps + 1):
                name = draws.choices(names, weights)[0] if number < steps else "it_comes_to_rest"
                sim.begin_step(number, name)
                done.trace = sim.trace
                try:
                    RULES[name][0](sim, Random(f"{seed} {number}"))  # noqa: S311 - the same
                except (Exception, Killed) as error:  # noqa: BLE001 - whatever our program raises is a finding
                    done.problem, done.error = f"{type(error).__name__}: {error}", error
                    return done
                sim.counts["steps"] += 1
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return done
