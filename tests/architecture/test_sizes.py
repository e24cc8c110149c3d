"""Files and functions stay small enough to be read at once. Only the extremes fail; the rest is reported (`-rP`)."""

import statistics
import sys

from tests.architecture.source import ROOT, functions, modules, tree

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
"""Lines, with the signature and the docstring."""


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lines = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in modules()}

    report("files", list(lines.values()))
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_too_long_to_be_read_at_once() -> None:
    lines = {
        f"{file.relative_to(ROOT)}:{one.lineno} {one.name}": (one.end_lineno or one.lineno) - one.lineno + 1
        for file in modules()
        for one in functions(tree(file))
    }

    report("functions", list(lines.values()))
    assert {name: count for name, count in lines.items() if count > LONGEST_FUNCTION} == {}


def report(of_what: str, counts: list[int]) -> None:
    """Says how long they are."""
    ninth = statistics.quantiles(counts, n=10)[-1]
    median = statistics.median(counts)
    sys.stdout.write(f"{len(counts)} {of_what}: median {median:g} lines, p90 {ninth:g}, longest {max(counts)}\n")
