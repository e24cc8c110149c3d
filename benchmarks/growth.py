"""How `plan` grows with the number of declared models, in time and memory."""

from itertools import pairwise
from statistics import median

from benchmarks.fleet import fleet
from benchmarks.measure import Cost
from benchmarks.table import spread, table

NOTE = """\
On-demand models of one router, all from one file. Nothing runs and nothing was applied, so that each is a change. The
first plan remembers nothing, the second finds the files unchanged. Growth is linear where one more model costs the same
on every line."""
REPETITIONS = 3
SIZES = (10, 100, 1_000, 10_000)
HEADER = ("models", "first plan", "second plan", "peak memory", "each further model: first", "second", "memory")
Costs = tuple[list[Cost], list[Cost]]


def measure(repetitions: int, sizes: tuple[int, ...] = SIZES) -> str:
    """A table with a line for each size."""
    costs = [_costs(models, repetitions) for models in sizes]
    slopes = [("", "", ""), *(_slopes(*pair) for pair in pairwise(zip(sizes, costs, strict=True)))]
    lines = [
        (f"{models:,}", *(spread([cost.seconds for cost in each], "s") for each in both), _memory(both), *slope)
        for models, both, slope in zip(sizes, costs, slopes, strict=True)
    ]
    return table(HEADER, lines)


def _costs(models: int, repetitions: int) -> Costs:
    """Of plans with nothing remembered, and of those after them."""
    first, second = [], []
    for _ in range(repetitions):
        with fleet() as made:
            made.store.mkdir(mode=0o700)
            made.declare(models, serve="router", load="on-demand")
            first.append(made.cost("plan"))
            second.append(made.cost("plan"))
    return first, second


def _memory(both: Costs) -> str:
    return f"{_peak(both) / 2**20:.0f} MiB"


def _peak(both: Costs) -> float:
    return max(median(cost.peak_bytes for cost in each) for each in both)


def _slopes(smaller: tuple[int, Costs], larger: tuple[int, Costs]) -> tuple[str, str, str]:
    """What one model more costs between two sizes: the same number on every line is linear growth."""
    more = larger[0] - smaller[0]
    first, second = (
        median(cost.seconds for cost in after) - median(cost.seconds for cost in before)
        for before, after in zip(smaller[1], larger[1], strict=True)
    )
    memory = _peak(larger[1]) - _peak(smaller[1])
    return f"{first / more * 1e3:.2f} ms", f"{second / more * 1e3:.2f} ms", f"{memory / more / 1024:.1f} KiB"
