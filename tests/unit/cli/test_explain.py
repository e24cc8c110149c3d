"""`reconcile explain` as a command."""

import json
from pathlib import Path

import pytest

from reconciler.domain.codes import CODES
from tests.support.command import Ended, reconcile


def explain(*args: str, cwd: Path, exits: int = 0) -> Ended:
    ended = reconcile("explain", *args, cwd=cwd)
    assert ended.code == exits, ended
    return ended


@pytest.mark.parametrize("code", ["E0103", "e0103"])
def test_a_code_is_explained_with_an_example(code: str, tmp_path: Path) -> None:
    shown = explain(code, cwd=tmp_path).out

    assert shown.startswith("E0103: A key stands twice in one mapping\n\n")
    assert "\nWrong:\n\n    fleet: homelab\n    fleet: office\n\nRight:\n" in shown


def test_without_a_code_all_are_listed(tmp_path: Path) -> None:
    assert [one.split()[0] for one in explain(cwd=tmp_path).out.splitlines()] == list(CODES)


def test_programs_read_one_or_all(tmp_path: Path) -> None:
    (one,) = json.loads(explain("W0502", "--format", "json", cwd=tmp_path).out)["codes"]
    every = json.loads(explain("--format", "json", cwd=tmp_path).out)["codes"]

    assert (one["code"], one["wrong"]) == ("W0502", None)
    assert [each["code"] for each in every] == list(CODES)


def test_a_code_that_there_is_not_has_near_ones(tmp_path: Path) -> None:
    said = explain("E0130", cwd=tmp_path, exits=64).err
    assert "there is no code `E0130`" in said
    assert "did you mean E01" in said
    assert "`reconcile explain` lists all codes" in explain("nonsense", cwd=tmp_path, exits=64).err
