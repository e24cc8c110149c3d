"""`reconcile fmt` as a command: what it writes, lists and shows, and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Ended, reconcile
from tests.unit.cli.conftest import CATALOGUE

UGLY = "version:   1\nfleet: f # mine\nmodels:\n    a: {path: /a.gguf}\n"
GOOD = "version: 1\nfleet: f # mine\nmodels:\n  a: { path: /a.gguf }\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    file = tmp_path / "fleet.yaml"
    file.write_text(UGLY)
    return file


def fmt(*args: str, cwd: Path, exits: int = 0) -> Ended:
    ended = reconcile("fmt", *args, cwd=cwd)
    assert ended.code == exits, ended
    return ended


def piped(text: str, *args: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "reconciler", "fmt", *args, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout


def test_it_writes_what_differs_and_names_it(fleet: Path) -> None:
    assert fmt(cwd=fleet.parent).out == "fleet.yaml\n"
    assert fleet.read_text() == GOOD

    written = fleet.stat().st_mtime_ns
    assert fmt(cwd=fleet.parent).out == ""
    assert fleet.stat().st_mtime_ns == written


def test_a_check_lists_and_writes_nothing(fleet: Path) -> None:
    assert fmt("--check", cwd=fleet.parent, exits=3).out == "fleet.yaml\n"
    assert fleet.read_text() == UGLY

    fleet.write_text(GOOD)
    assert fmt("--check", cwd=fleet.parent).out == ""


def test_a_difference_is_shown_and_not_written(fleet: Path) -> None:
    shown = fmt("--diff", cwd=fleet.parent).out

    assert shown.startswith("--- fleet.yaml\n+++ fleet.yaml\n")
    assert "\n-version:   1\n" in shown
    assert "\n+version: 1\n" in shown
    assert fleet.read_text() == UGLY
    assert fmt("--diff", "--check", cwd=fleet.parent, exits=3).out == shown


def test_the_files_of_a_directory_are_formatted_though_one_is_broken(fleet: Path) -> None:
    broken = fleet.parent / "broken.yaml"
    broken.write_text("a: [\n")

    ended = fmt(".", cwd=fleet.parent, exits=1)

    assert ended.out == "fleet.yaml\n"
    assert "error: 1 file cannot be formatted" in ended.err
    assert "[E0101]" in ended.err
    assert (fleet.read_text(), broken.read_text()) == (GOOD, "a: [\n")


def test_a_pipe_goes_through() -> None:
    assert piped(UGLY) == (0, GOOD)
    assert piped(GOOD) == (0, GOOD)
    assert piped(UGLY, "--check") == (3, "<stdin>\n")
    assert piped("a: [") == (1, "")


def test_a_pipe_stands_alone(fleet: Path) -> None:
    assert "`-` stands alone" in fmt("-", "fleet.yaml", cwd=fleet.parent, exits=64).err


def test_mending_says_what_it_did(fleet: Path) -> None:
    fleet.write_text(UGLY + "      \n    b: {path: /b.gguf, memory: {n_ctx: '4096'}, extra_args: {--draft-max: 1}}\n")
    args = ("--fix", "--llama-server", str(CATALOGUE))

    assert fmt(*args, "--check", cwd=fleet.parent, exits=3).out == "fleet.yaml\n"
    ended = fmt(*args, cwd=fleet.parent)

    assert ended.err.splitlines() == [
        "fleet.yaml:6:33: n_ctx → ctx_size  [E0204]",
        "fleet.yaml:6:62: --draft-max → --spec-draft-n-max  [E0403]",
        "fleet.yaml:6:43: '4096' → 4096  [E0201]",
    ]
    assert fleet.read_text() == GOOD + (
        "\n  b: { path: /b.gguf, memory: { ctx_size: 4096 }, extra_args: { --spec-draft-n-max: 1 } }\n"
    )


def test_mending_needs_no_llama_server(fleet: Path) -> None:
    fleet.write_text(UGLY + "    b: {path: /b.gguf, enabled: yes}\n")

    fmt("--fix", cwd=fleet.parent)

    assert "enabled: true" in fleet.read_text()


def test_one_file_that_cannot_be_written_stops_no_other(fleet: Path) -> None:
    locked, last = fleet.with_name("a.yaml"), fleet.with_name("z.yaml")
    locked.write_text("x-a:   1\n")
    last.write_text("x-b:   1\n")
    locked.chmod(0o444)

    ended = fmt(".", cwd=fleet.parent, exits=1)

    assert ended.out == "fleet.yaml\nz.yaml\n"
    assert "`a.yaml` is not to be written by anybody" in ended.err
    assert "hint: allow it: `chmod u+w a.yaml`" in ended.err
    assert (locked.read_text(), last.read_text()) == ("x-a:   1\n", "x-b: 1\n")


def test_a_mended_file_that_cannot_be_put_in_style_stays_as_it_was(fleet: Path) -> None:
    text = UGLY + "    8: {path: /b.gguf}\n    c: 1\n    c: 2\n"
    fleet.write_text(text)

    ended = fmt("--fix", cwd=fleet.parent, exits=1)

    assert (ended.out, fleet.read_text()) == ("", text)
    assert "→" not in ended.err


def test_no_program_is_run_that_a_file_names(fleet: Path) -> None:
    mark = fleet.with_name("mark")
    program = fleet.with_name("evil")
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)

    for where in ("llama_server: ./evil\n", "profiles: {p: {llama_server: ./evil}}\n", "llama_server: ./evil\nx: 1\n"):
        fleet.write_text(GOOD + where)
        ended = fmt("--fix", "--check", "--profile", "p", cwd=fleet.parent, exits=3 if "{p" in where else 0)
        assert "is not run here" in ended.err

    assert not mark.exists()


def test_a_line_that_may_hold_a_secret_is_mended_and_not_shown(fleet: Path) -> None:
    fleet.write_text(UGLY + "server: {api-key: {env: KEY}}\n")

    assert "fleet.yaml:5:10: (not shown) → api_key  [E0204]\n" in fmt("--fix", cwd=fleet.parent).err
