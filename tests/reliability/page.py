"""docs/reliability.md from the table of invariants and the marks of the tests."""

from collections.abc import Mapping
from pathlib import PurePath

from tests.reliability.invariants import INVARIANTS, Invariant

HEAD = """\
# Reliability

What must hold whatever happens, how it is made to hold, and which tests prove it. Every case runs in each run of CI
(`.ci/run`); `make test` runs the same tests with fewer repetitions. This page is written from the marks of the tests
(`make generated`), and a line without a test fails it. Cases with the bundled llama-server, which needs a CPU with
AVX-512, are not counted.

| | what must hold | by what means | tests | cases in CI |
|---|---|---|---|---|
"""


def page(cases: Mapping[str, Mapping[str, int]]) -> str:
    """
    The page.

    Args:
        cases: by invariant and test file.

    Raises:
        SystemExit: a mark names no invariant, or one has no test.
    """
    if unknown := cases.keys() - INVARIANTS.keys():
        msg = f"tests prove what tests/reliability/invariants.py does not list: {', '.join(sorted(unknown))}"
        raise SystemExit(msg)
    if unproven := [name for name, one in INVARIANTS.items() if not (one.pending or cases.get(name))]:
        msg = f"no test is marked with {', '.join(unproven)}"
        raise SystemExit(msg)
    return HEAD + "".join(_row(name, one, cases.get(name, {})) for name, one in INVARIANTS.items())


def _row(name: str, one: Invariant, cases: Mapping[str, int]) -> str:
    if not cases:
        return f"| {name} | {one.claim} | {one.mechanism} | comes with `{one.pending}` | |\n"
    links = "<br>".join(f"[{PurePath(file).stem}](../{file})" for file in sorted(cases))
    return f"| {name} | {one.claim} | {one.mechanism} | {links} | {sum(cases.values()):,} |\n"
