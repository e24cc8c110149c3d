"""`python -m tests.simulation`: replays one seed, or walks many for as long as it is told to."""

import argparse
import os
import sys
import traceback

from tests.simulation.walk import STEPS, walk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="replay this one, and say what happens")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=0.0, help="walk new seeds for so long")
    parser.add_argument("--seeds", type=int, default=0, help="walk so many seeds")
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    if asked.seed is not None:
        return _replay(asked.seed, asked.steps)
    from tests.simulation.soak import soak

    return soak(minutes=asked.minutes, seeds=asked.seeds, first=asked.first, steps=asked.steps)


def _replay(seed: int, steps: int) -> int:
    done = walk(seed, steps, say=print)
    if not done.problem:
        print(f"seed {seed}: {steps} steps, everything holds")
        return 0
    if done.error is not None:
        traceback.print_exception(done.error)
    print(f"seed {seed}: {done.problem}")
    return 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of texts is chance, too.
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
