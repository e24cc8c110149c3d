"""Asks pytest which tests prove what, and how many cases CI runs of each."""

import os
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
MARK = "invariant"


class Proofs:
    """A plugin that counts the cases of each file for each invariant."""

    def __init__(self) -> None:
        self.cases: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # The bundled build needs AVX-512; what this page says must not depend on the machine that writes it.
        for item in (one for one in session.items if "b10434" not in one.name):
            for mark in item.iter_markers(MARK):
                for invariant in mark.args:
                    self.cases[invariant][item.nodeid.partition("::")[0]] += mark.kwargs.get("cases", 1)


def proofs() -> dict[str, Counter[str]]:
    """
    Cases by invariant and file, as CI runs them.

    Call it in a process of its own: how often a test repeats is decided when its module is imported.
    """
    os.environ |= dict(line.split("=") for line in (TOP / ".ci/scale").read_text().splitlines() if line[:1] != "#")
    marked = sorted(str(one) for one in TOP.glob("tests/**/test_*.py") if f"mark.{MARK}(" in one.read_text())
    found = Proofs()
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        code = pytest.main(["--collect-only", "-q", *marked], [found])
    if code != pytest.ExitCode.OK:
        msg = f"the tests could not be collected (pytest ended with {code}): run `pytest --collect-only`"
        raise SystemExit(msg)
    return dict(found.cases)
