"""Plans of a large fleet that do nothing: a thousand models, each with a file of its own, in one running router."""

import shutil

from benchmarks.fleet import BARE, Fleet, fleet
from benchmarks.measure import Cost, cost, seconds_in_turn
from benchmarks.table import Row

MODELS = 1000
FIRST, SECOND = 1.0, 0.4
"""Seconds: with nothing remembered, and after that."""


def measure(repetitions: int) -> list[Row]:
    """Two rows."""
    with fleet() as made:
        made.declare(MODELS, serve="router", load="on-demand", own_files=True)
        made.cost("apply", "-y")
        first, second, bare = seconds_in_turn(
            repetitions, lambda: _cold(made), made.command("plan"), lambda: cost(BARE)
        )
    return [
        Row(what=f"plan of {MODELS} models, {which}", ours=ours, against="python -c pass", other=bare, limit=limit)
        for which, ours, limit in (("caches cold", first, FIRST), ("second time", second, SECOND))
    ]


def _cold(made: Fleet) -> Cost:
    """Whatever the program remembers is gone; what the kernel does is not."""
    shutil.rmtree(made.store / "cache", ignore_errors=True)
    return made.cost("plan")
