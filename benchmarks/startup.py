"""`reconcile --help` against an interpreter that does nothing."""

from benchmarks.fleet import BARE, RECONCILE
from benchmarks.measure import cost, seconds_in_turn
from benchmarks.table import Row

RATIO = 6.0
TURNS = 4
"""Times as many as asked for: one takes a twentieth of a second."""


def measure(repetitions: int) -> list[Row]:
    """One row."""
    ours, bare = seconds_in_turn(repetitions * TURNS, lambda: cost((RECONCILE, "--help")), lambda: cost(BARE))
    return [Row(what="reconcile --help", ours=ours, against="python -c pass", other=bare, ratio=RATIO)]
