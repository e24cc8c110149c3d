"""`python -m benchmarks [NAME…] [--quick]`: measures, prints, and writes `results.md` after a whole run."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    cold_apply,
    growth,
    importing,
    loading,
    many_models,
    noop_plan,
    startup,
    store_metrics,
    store_models,
)
from benchmarks.machine import describe
from benchmarks.table import Row, rows

STORE = "store-models"
RATIOS: dict[str, Callable[[int], list[Row]]] = {
    "startup": startup.measure,
    "noop-plan": noop_plan.measure,
    "loading": loading.measure,
    "many-models": many_models.measure,
    "cold-apply": cold_apply.measure,
    STORE: store_models.measure,
    "store-metrics": store_metrics.measure,
    "import": importing.measure,
}
GROWTH = "growth"
ALL = (*RATIOS, GROWTH)
REPETITIONS, QUICK = 7, 1
RESULTS = Path(__file__).with_name("results.md")


def main(args: Sequence[str] | None = None) -> None:
    """Measures what was named, or everything."""
    wanted = _arguments(args)
    names, repetitions = wanted.names or ALL, QUICK if wanted.quick else REPETITIONS
    machine = describe()
    # First: a child's peak begins with that of this process, which later ones let grow.
    grown = growth.measure(1 if wanted.quick else growth.REPETITIONS) if GROWTH in names else ""
    measured: list[Row] = []
    for name in filter(names.__contains__, RATIOS):
        print(f"measuring {name} …", file=sys.stderr)
        measured += RATIOS[name](repetitions)
    parts = ["# Results", "Written by `make bench`, never by hand.", machine]
    if measured:
        parts += [
            "## Ratios",
            "Whole processes (of the store, calls), taken in turn; median (smallest..largest) of each turn.",
            rows(measured),
        ]
    if GROWTH in names:
        parts += ["## Growth of `plan`", growth.NOTE, grown]
    if "loading" in names:
        parts += ["## Growth of loading", loading.NOTE, loading.growth(repetitions)]
    if STORE in names:
        parts += ["## Size of the store", store_models.NOTE, store_models.sizes()]
    text = "\n\n".join(parts) + "\n"
    print(text)
    if set(names) == set(ALL) and not wanted.quick:
        RESULTS.write_text(text)


def _arguments(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and compare in the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*ALL, []], help=", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="each once; writes no results")
    return parser.parse_args(args)


if __name__ == "__main__":
    main()
