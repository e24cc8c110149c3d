"""A full disk, and files that belong to somebody else: one clear error, and what was there is there still."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.store.backup import write_copy
from tests.support.python import environment
from tests.support.stores import CODER, EMBED, NOW, apply_lines, fill, open_writer
from tests.unit.store.refusals import ACTS, NOBODY

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount and give files away")]


def make(directory: Path) -> None:
    """A store in `origin`, and a backup of an older state beside it."""
    with open_writer(directory / "origin") as writer:
        fill(writer)
        write_copy(directory / "origin/store.db", directory / "backup.db")
        apply_lines(writer, EMBED, CODER, now=NOW + 10)


def run(*arguments: object) -> list[str]:
    words = [sys.executable, "-m", "tests.unit.store.refusals", *map(str, arguments)]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Errno" not in done.stdout
    return done.stdout.splitlines()


@pytest.fixture(name="disk")
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.invariant("I31", "I34")
@pytest.mark.timeout(110)
@pytest.mark.parametrize("what", ACTS)
def test_a_full_disk_at_any_write_loses_nothing(what: str, disk: Path, tmp_path: Path) -> None:
    make(tmp_path)

    assert run("full", what, disk, tmp_path)


@pytest.fixture(name="public")
def store_that_others_can_reach() -> Iterator[Path]:
    """Below a directory that everybody may enter, all of it readable."""
    directory = Path(tempfile.mkdtemp())
    make(directory)
    for one in (directory, *directory.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    yield directory
    shutil.rmtree(directory)


def given(directory: Path, *, folders: int = 0o755, files: int = 0o644) -> None:
    """To the user who tries, with these modes."""
    for one in (directory, *directory.rglob("*")):
        os.chown(one, NOBODY, NOBODY)
        one.chmod(folders if one.is_dir() else files)


def folders_given(directory: Path) -> None:
    given(directory)
    os.chown(directory / "store.db", 0, 0)


def top_closed(directory: Path) -> None:
    given(directory)
    # It is there from the writer before, and SQLite could use it.
    (directory / "store.db-journal").unlink()
    directory.chmod(0o555)


WAYS: dict[str, Callable[[Path], None]] = {
    "everything of another user": lambda _directory: None,
    "a file of another user": folders_given,
    "a file of ours in a directory of another user": lambda directory: os.chown(directory / "store.db", NOBODY, NOBODY),
    "a file that is read-only": lambda directory: given(directory, files=0o444),
    "a directory that is read-only": top_closed,
}


@pytest.mark.invariant("I34")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_who_may_not_write_is_told_so_and_changes_nothing(public: Path, way: Callable[[Path], None]) -> None:
    directory = public / "origin"
    way(directory)
    before = (directory / "store.db").read_bytes()
    said = dict(line.split(": ", 1) for line in run("as-nobody", directory))

    assert (directory / "store.db").read_bytes() == before, said
    assert len(said) == 8
    # What changes nothing or goes elsewhere may be done; the rest is refused by name, with a way out.
    refused = {name: one for name, one in said.items() if one != "done"}
    assert refused.keys() >= said.keys() - {"open", "backup", "metrics"}, said
    assert all("/origin" in one and "no way out" not in one for one in refused.values()), said
