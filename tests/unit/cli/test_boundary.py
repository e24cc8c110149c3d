import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from reconciler.cli.boundary import guarded
from reconciler.errors import LockedError, ReconcilerError, UsageError


def raising(error: BaseException):
    def call() -> object:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReconcilerError("known"), 1),
        (LockedError("locked"), 7),
        (UsageError("usage"), 64),
        (click.UsageError("click's own"), 64),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (ValueError("a bug"), 1),
    ],
    ids=["known", "locked", "usage", "click-usage", "click-abort", "interrupt", "bug"],
)
def test_every_end_has_its_code(error: BaseException, code: int):
    assert guarded(raising(error)) == code


def test_a_result_is_the_code():
    assert guarded(lambda: 4) == 4
    assert guarded(lambda: None) == 0


def test_a_bug_is_shown_with_what_a_report_needs(capsys: pytest.CaptureFixture[str]):
    guarded(raising(ValueError("a bug")))
    said = capsys.readouterr().err

    assert "Traceback" in said
    assert "BUG: ValueError: a bug" in said
    assert "Please report it" in said


def test_a_known_failure_is_shown_without_a_traceback(capsys: pytest.CaptureFixture[str]):
    guarded(raising(LockedError("the store is locked", hint="wait")))

    assert capsys.readouterr().err == "error: the store is locked\n\nhint: wait\n"


def test_a_reader_who_leaves_is_no_failure(tmp_path: Path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", "schema", "fleet"],
            stdout=gone,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            timeout=30,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, b"")
