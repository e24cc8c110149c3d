"""The benchmarks run, and say what they measured; how fast anything is, is no test."""

import pytest

from benchmarks.__main__ import main
from benchmarks.table import Row, rows


def test_a_row_compares_turn_by_turn_and_names_its_target() -> None:
    row = Row(what="ours", against="theirs", ours=(2.0, 6.0, 4.0), other=(1.0, 2.0, 1.0), ratio=2.5)

    cells = [cell.strip() for cell in rows([row]).splitlines()[-1].strip("|").split("|")]

    assert cells == ["ours", "4 s (2..6)", "theirs", "1 s (1..2)", "3 x (2..4)", "≤ 2.5 x", "NO"]


def test_a_single_benchmark_runs_quickly_and_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["startup", "--quick"])

    said = capsys.readouterr().out
    assert "| reconcile --help" in said
    assert "python -c pass" in said
    assert "Growth" not in said
