"""`python -m tests.simulation`: replays one seed, or walks many for as long as it is told to."""

import argparse
import os
import sys
import traceback

from tests.simulation.soak import Soak, cores, keep
from tests.simulation.walk import STEPS, walk

say = print


def main() -> int:
    """One seed that is shown, or many that are counted; 1 when something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one, and show what happens")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each seed")
    parser.add_argument("--minutes", type=float, help="walk seeds for so long")
    parser.add_argument("--seeds", type=int, help="walk so many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--keep", action="store_true", help="write the figures for docs/reliability.md")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _replay(asked.seed, asked.steps)
    if asked.minutes is None and asked.seeds is None:
        parser.error("say --seed, --seeds or --minutes")
    soak = Soak(minutes=asked.minutes, seeds=asked.seeds, first=asked.first, steps=asked.steps)
    soak.run(asked.workers, say)
    if asked.keep:
        keep(soak.figures())
    say(soak.summary())
    return 1 if soak.failed else 0


def _replay(seed: int, steps: int) -> int:
    done = walk(seed, steps, say=say)
    if done.error is not None:
        traceback.print_exception(done.error)
    say(f"seed {seed}, {steps} steps: {done.problem or 'everything holds'}")
    return 1 if done.problem else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of a set of texts is chance, too.
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(  # noqa: S606 - ourselves
            sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"}
        )
    sys.exit(main())
