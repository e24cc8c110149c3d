"""Capacity of the machine that runs the tests: whatever it is, it is plausible."""

from pathlib import Path

import pytest

from reconciler.runtime import gpus
from reconciler.runtime.host import LinuxHostInfo


def test_memory_and_disk_are_told_also_for_a_directory_to_come(tmp_path: Path) -> None:
    facts = LinuxHostInfo().facts(tmp_path / "not" / "yet")

    assert facts.memory_total is not None
    assert facts.memory_available is not None
    assert 0 < facts.memory_available <= facts.memory_total
    assert facts.disk_free == LinuxHostInfo().facts(tmp_path).disk_free or facts.disk_free


def test_there_are_gpus_or_a_reason_why_not() -> None:
    found, problem = gpus.gpus()

    assert bool(found) != bool(problem)
    assert all(0 < gpu.memory_free <= gpu.memory_total for gpu in found)


def test_a_driver_that_does_not_answer_is_a_reason_and_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpus, "_DRIVER_SIGNS", (tmp_path,))

    found, problem = gpus.gpus()

    assert found or "driver" in problem
