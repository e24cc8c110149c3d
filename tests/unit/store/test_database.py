"""Opening: who may, what is made, what never changes, and what a failure says."""

import sqlite3
from pathlib import Path

import pytest

from reconciler.errors import StoreError
from reconciler.store import Store, database, opening
from reconciler.store.database import Database
from tests.support.python import run_python
from tests.support.stores import CODER, EMBED, FILLED, NOW, apply_lines, begin_run, fill, open_writer


def stamp(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_only_its_owner_can_look_into_a_store(tmp_path: Path) -> None:
    with open_writer(tmp_path / "new/homelab") as writer:
        fill(writer)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new/homelab").rglob("*")}

    assert modes == {
        "store.db": 0o600,
        "run": 0o700,
        "lineage": 0o600,
        "slots": 0o700,
        "logs": 0o700,
        "backups": 0o700,
    } | dict.fromkeys(modes.keys() & {"store.db-journal", "store.db-wal", "store.db-shm"}, 0o600)
    assert (tmp_path / "new/homelab").stat().st_mode & 0o777 == 0o700


def test_modes_that_were_too_wide_are_mended(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    (tmp_path / "store.db").chmod(0o644)
    (tmp_path / "logs").chmod(0o755)
    open_writer(tmp_path).close()

    assert (tmp_path / "store.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700


def test_reading_writes_nothing(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
    before = stamp(tmp_path)
    with Store.open(tmp_path) as store:
        store.record()
        store.events()
        store.generations()

    assert stamp(tmp_path) == before


@pytest.mark.invariant("I10")
def test_a_writer_that_has_nothing_to_say_writes_nothing(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
    before = stamp(tmp_path)
    with open_writer(tmp_path) as writer:
        writer.record()
        writer.abandon_open_steps(NOW)

    assert stamp(tmp_path) == before


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    opened = Database.for_reading(tmp_path)
    with pytest.raises(StoreError, match="may not be written"), opened.writing():
        opened.execute("DELETE FROM metadata")
    opened.close()


@pytest.mark.invariant("I32")
def test_a_reader_beside_a_writer_sees_what_was_finished(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        with Store.open(tmp_path) as reader:
            before = reader.record()
            with writer._database.writing():
                writer._database.execute("DELETE FROM resources")

                assert reader.record() == before
            assert reader.record().resources == {}


def test_a_store_that_another_program_holds_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_writer(tmp_path).close()
    monkeypatch.setattr(opening, "PATIENCE", 0.01)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="in use by another program") as caught:
        open_writer(tmp_path)
    other.close()

    assert caught.value.hint == f"end the program that holds it: `fuser -v {tmp_path}/store.db`"


DAMAGE = {
    "no database": b"this is no database at all, however long it may be" * 100,
    "torn": b"SQLite format 3\0" + b"\xff" * 5000,
}


@pytest.mark.invariant("I32")
def test_a_store_in_wal_mode_is_read_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SQLite of the machine may be one that would get the other mode."""
    monkeypatch.setattr(database, "journal_mode", lambda *_, **__: "wal")
    with open_writer(tmp_path) as writer, Store.open(tmp_path) as reader:
        fill(writer)

        assert reader.record() == FILLED
        assert (tmp_path / "store.db-wal").stat().st_mode & 0o777 == 0o600
    with Store.open(tmp_path) as reader:
        assert reader.record() == FILLED
    monkeypatch.setattr(database, "journal_mode", lambda *_, **__: "truncate")
    with open_writer(tmp_path) as writer:
        assert writer.record() == FILLED


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_store_is_an_error_that_says_how_to_go_on(tmp_path: Path, content: bytes) -> None:
    open_writer(tmp_path).close()
    path = tmp_path / "store.db"
    path.write_bytes(content)
    away = f"move it away (`mv {path} {path}.damaged`): running servers are found again by their marks"

    with pytest.raises(StoreError, match="is damaged") as caught:
        open_writer(tmp_path)
    assert caught.value.hint == away

    (tmp_path / "backups/store-v1-20260101T000000Z.db").write_bytes(b"")
    with pytest.raises(StoreError, match="is damaged") as caught:
        Store.open(tmp_path)
    assert caught.value.hint.startswith(
        f"go back to its last backup (`reconcile store restore {tmp_path}/backups/store-v1-2026"
    )
    assert path.read_bytes() == content


def test_pages_that_are_damaged_inside_are_told_when_they_are_read(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
    path = tmp_path / "store.db"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)

    with pytest.raises(StoreError, match="is damaged"), Store.open(tmp_path) as store:
        store.record()


def test_after_a_damaged_store_was_moved_away_all_goes_on(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        lineage = writer.record().lineage
    path = tmp_path / "store.db"
    path.write_bytes(b"broken" * 1000)
    path.rename(tmp_path / "store.db.damaged")
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)

        assert writer.record().lineage == lineage


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot use `.*/file") as caught:
        open_writer(tmp_path / "file/homelab")
    assert "--store DIR" in caught.value.hint


def test_a_name_that_a_uri_would_misread_is_a_name(tmp_path: Path) -> None:
    strange = tmp_path / "a?mode=rw#b %20 ü"
    with open_writer(strange) as writer:
        fill(writer)
    with Store.open(strange) as store:
        assert store.record() == FILLED


FULL = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from reconciler.errors import StoreError
from reconciler.spec.record import Applied
from tests.support.python import run_python
from tests.support.stores import CODER, NOW, open_writer

directory = Path(sys.argv[1])
huge = Applied(spec_version=1, serve="dedicated", document={"x": "x" * 9_000_000})
with open_writer(directory) as writer:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((directory / "store.db").stat().st_size + 8192, hard))
    before = writer.record()
    for _ in range(2):
        try:
            writer.put(replace(CODER, applied=huge), NOW)
        except StoreError as error:
            print(error.summary, error.detail, error.hint, sep="|")
    assert writer.record() == before
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    writer.put(CODER, NOW)
"""


@pytest.mark.invariant("I34")
def test_a_full_disk_is_told_and_leaves_what_was(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
    done = run_python(FULL, tmp_path)

    assert done.returncode == 0, done.stderr
    assert [line.split("|")[0] for line in done.stdout.splitlines()] == [
        f"the store `{tmp_path}/store.db` cannot be read or written"
    ] * 2
    with Store.open(tmp_path) as store:
        assert store.record().resources == {EMBED.resource: EMBED, CODER.resource: CODER}


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.stores import open_writer

writer = open_writer(Path(sys.argv[1]))
database = writer._database
database.execute("PRAGMA cache_size = 1")
with database.writing():
    database.execute("DELETE FROM resources")
    # More than the cache holds: pages are in the file now that were never committed.
    database.execute("UPDATE metadata SET value = value || hex(zeroblob(3000000))")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.invariant("I12")
def test_a_reader_after_a_writer_that_was_killed_in_the_middle_sees_the_state_before(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
    size = (tmp_path / "store.db").stat().st_size
    assert run_python(KILLED, tmp_path).returncode == -9
    assert sum(path.stat().st_size for path in tmp_path.glob("store.db*")) > size + 1_000_000

    with Store.open(tmp_path) as store:
        assert store.record() == FILLED


def test_a_mistake_of_ours_is_no_store_error(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer, pytest.raises(sqlite3.IntegrityError):
        begin_run(writer, origin=None)
