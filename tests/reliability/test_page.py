"""The page of docs/reliability.md refuses what it could not stand for."""

import pytest

from tests.reliability.invariants import INVARIANTS
from tests.reliability.page import page

ALL = {name: {"tests/test_a.py": 2} for name in INVARIANTS}


def test_each_invariant_is_a_line_with_its_tests_and_cases() -> None:
    text = page(ALL | {"I1": {"tests/b/test_b.py": 1200, "tests/test_a.py": 34}})

    assert text.count("\n| I") == len(INVARIANTS)
    assert "[test_b](../tests/b/test_b.py)<br>[test_a](../tests/test_a.py) | 1,234 |" in text


def test_an_invariant_without_a_test_is_refused() -> None:
    with pytest.raises(SystemExit, match="I12"):
        page({name: cases for name, cases in ALL.items() if name != "I12"})


def test_a_mark_that_names_no_invariant_is_refused() -> None:
    with pytest.raises(SystemExit, match="I99"):
        page(ALL | {"I99": {"tests/test_a.py": 1}})
