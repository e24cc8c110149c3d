"""Many seeds, on all cores, for as long as one likes."""

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice

from tests.simulation.walk import Walk, walk


def soak(*, minutes: float, seeds: int, first: int, steps: int) -> int:
    """Walks until the time is over, or so many seeds; says what it found."""
    began, total, bad, walked = time.monotonic(), Counter[str](), [], 0
    numbers = islice(count(first), seeds) if seeds else count(first)
    with ProcessPoolExecutor() as pool:
        pending = {pool.submit(_walked, seed, steps) for seed in islice(numbers, 2 * (os.cpu_count() or 1))}
        while pending:
            ended = next(iter(pending))
            done = ended.result()
            pending.discard(ended)
            walked += 1
            total += done.counts
            if done.problem:
                bad.append(done)
                print(
                    f"seed {done.seed}: {done.problem}\n  python -m tests.simulation --seed {done.seed} --steps {steps}",
                    flush=True,
                )
            if seeds or time.monotonic() - began < minutes * 60:
                pending |= {pool.submit(_walked, seed, steps) for seed in islice(numbers, 1)}
    seconds = time.monotonic() - began
    print(
        f"{walked} seeds, {total['steps']} steps, {total['passes']} passes ({total['passes'] / seconds:.0f} a second), "
        f"{total['killed']} kills, {len(bad)} violations, {seconds:.0f} s"
    )
    return 1 if bad else 0


def _walked(seed: int, steps: int) -> Walk:
    done = walk(seed, steps)
    done.error = None
    return done
