"""A backup takes the place of a store whole, and only where it belongs."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.domain.stored import Replaced
from reconciler.errors import StoreError
from reconciler.store import Store, database, replacing
from reconciler.store.backup import write_copy
from reconciler.store.migrations import MIGRATIONS
from reconciler.store.replacing import restore
from tests.support.stores import ANN, CODER, EMBED, FILLED, LINEAGE, NOW, apply_lines, fill, open_writer

OTHER = LINEAGE.replace("1", "9")
SOMEBODY_ELSES = "UPDATE metadata SET value = replace(value, '1', '9') WHERE key = 'lineage'"


@pytest.fixture(name="backup")
def backup_of_a_store(tmp_path: Path) -> Path:
    """Of generation 1; the store beside it in `state` went on to generation 2."""
    with open_writer(tmp_path / "state") as writer:
        fill(writer)
        write_copy(tmp_path / "state/store.db", tmp_path / "backup.db")
        apply_lines(writer, EMBED, now=NOW + 10)
    return tmp_path / "backup.db"


def restored(directory: Path, file: Path, *, accept_lineage: bool = False) -> Replaced:
    return restore(directory, file, now=NOW + 20, actor=ANN, accept_lineage=accept_lineage)


def generation(directory: Path) -> int:
    with Store.open(directory) as store:
        return store.record().generation


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def test_a_backup_is_the_store_again_and_what_was_there_is_kept(tmp_path: Path, backup: Path) -> None:
    state = tmp_path / "state"
    with Store.open(state) as store:
        before = store.record()
    replaced = restored(state, backup)

    assert (replaced.generation, replaced.generation_before) == (1, 2)
    with Store.open(state) as store:
        record = store.record()
        assert record.resources == FILLED.resources
        assert record.serial > before.serial
        event = store.events()[0]
        assert (event.what, event.actor, event.detail) == ("store restore", ANN, str(backup))
    (tmp_path / "again").mkdir()
    shutil.copy(replaced.backup, tmp_path / "again/store.db")
    with Store.open(tmp_path / "again") as store:
        assert store.record() == before
    assert (state / "store.db").stat().st_mode & 0o777 == 0o600
    assert not (state / ".new").exists()


def test_whoever_has_the_store_open_reads_the_new_one(tmp_path: Path, backup: Path) -> None:
    with Store.open(tmp_path / "state") as reader:
        assert reader.record().generation == 2
        restored(tmp_path / "state", backup)
        assert reader.record().generation == 1


def test_a_store_in_wal_mode_is_replaced_under_its_readers(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SQLite of the machine may be one that would get the other mode."""
    for module in (database, replacing):
        monkeypatch.setattr(module, "journal_mode", lambda *_, **__: "wal")
    with open_writer(tmp_path / "state") as writer:
        apply_lines(writer, EMBED, now=NOW + 11)
    with Store.open(tmp_path / "state") as reader:
        assert reader.record().generation == 3
        replaced = restored(tmp_path / "state", backup)
        assert reader.record().generation == 1
    with open_writer(tmp_path / "state") as writer:
        assert writer.record().resources == FILLED.resources
    edit(Path(replaced.backup), "PRAGMA page_size = 8192", "VACUUM")
    restored(tmp_path / "state", Path(replaced.backup))
    assert generation(tmp_path / "state") == 3


def test_a_lost_store_is_restored_into_its_directory(tmp_path: Path, backup: Path) -> None:
    (tmp_path / "state/store.db").unlink()
    replaced = restored(tmp_path / "state", backup)

    assert (replaced.backup, generation(tmp_path / "state")) == ("", 1)


def test_a_lost_directory_is_restored_too(tmp_path: Path, backup: Path) -> None:
    restored(tmp_path / "new", backup)

    with Store.open(tmp_path / "new") as store:
        assert store.record() == FILLED
    assert (tmp_path / "new/run/lineage").read_text() == f"{LINEAGE}\n"


@pytest.mark.parametrize("content", [b"broken" * 3000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_store_gives_way_and_is_kept_as_it_was(tmp_path: Path, backup: Path, content: bytes) -> None:
    path = tmp_path / "state/store.db"
    path.write_bytes(content)
    replaced = restored(tmp_path / "state", backup)

    assert (replaced.generation_before, generation(tmp_path / "state")) == (None, 1)
    assert Path(replaced.backup).read_bytes() == content
    assert "unusable" in replaced.backup


def test_a_store_that_is_newer_than_the_program_gives_way_too(tmp_path: Path, backup: Path) -> None:
    edit(tmp_path / "state/store.db", "PRAGMA user_version = 99")
    replaced = restored(tmp_path / "state", backup)

    assert generation(tmp_path / "state") == 1
    assert Path(replaced.backup).name.startswith("store-v99-")


def test_the_journal_of_a_damaged_store_does_not_touch_its_successor(tmp_path: Path, backup: Path) -> None:
    state = tmp_path / "state"
    for name in ("store.db", "store.db-journal", "store.db-wal"):
        (state / name).write_bytes(b"left by a crash" * 1000)
    restored(state, backup)

    assert generation(state) == 1
    assert not (state / "store.db-wal").exists()


def test_a_backup_in_wal_mode_is_restored_with_its_newest_pages(tmp_path: Path, backup: Path) -> None:
    with closing(sqlite3.connect(backup, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = wal")
        raw.execute("UPDATE metadata SET value = 'from the wal' WHERE key = 'fleet'")
        restored(tmp_path / "state", backup)

    with Store.open(tmp_path / "state") as store:
        assert store.record().fleet == "from the wal"


def test_the_store_of_another_fleet_is_taken_only_on_demand(tmp_path: Path, backup: Path) -> None:
    edit(backup, SOMEBODY_ELSES)
    with pytest.raises(StoreError, match="the store of another fleet") as caught:
        restored(tmp_path / "state", backup)
    assert (LINEAGE in caught.value.detail, OTHER in caught.value.detail) == (True, True)
    assert generation(tmp_path / "state") == 2

    restored(tmp_path / "state", backup, accept_lineage=True)

    with Store.open(tmp_path / "state") as store:
        assert store.lineage == OTHER
    assert (tmp_path / "state/run/lineage").read_text() == f"{OTHER}\n"


def test_the_lineage_beside_a_lost_store_counts_as_well(tmp_path: Path, backup: Path) -> None:
    (tmp_path / "state/store.db").unlink()
    edit(backup, SOMEBODY_ELSES)

    with pytest.raises(StoreError, match="the store of another fleet"):
        restored(tmp_path / "state", backup)


REFUSED = {
    "missing": (lambda path: path.unlink(), "there is no file"),
    "no database": (lambda path: path.write_bytes(b"hello" * 1000), "cannot be restored: file is not a database"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:9000]), "cannot be restored: "),
    "empty": (lambda path: path.write_bytes(b""), "is empty, and no store"),
    "newer": (lambda path: edit(path, "PRAGMA user_version = 99"), "has version 99; this program knows versions up to"),
    "not ours": (lambda path: edit(path, "PRAGMA application_id = 1"), "not a store of llama-reconciler"),
    "rows that point nowhere": (lambda path: edit(path, "DELETE FROM runs WHERE id = 2"), "1 rows point nowhere"),
    "a directory": (lambda path: (path.unlink(), path.mkdir()), "there is no file"),
}


@pytest.mark.parametrize(("spoil", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_sound_backup_is_refused_and_the_store_stays(tmp_path: Path, backup: Path, spoil, said: str) -> None:
    spoil(backup)
    before = (tmp_path / "state/store.db").read_bytes()

    with pytest.raises(StoreError, match=said) as caught:
        restored(tmp_path / "state", backup)
    assert str(backup) in caught.value.summary
    assert (tmp_path / "state/store.db").read_bytes() == before


def test_what_is_refused_leaves_no_store_where_there_was_none(tmp_path: Path, backup: Path) -> None:
    backup.write_bytes(b"hello" * 1000)
    with pytest.raises(StoreError, match="cannot be restored"):
        restored(tmp_path / "elsewhere", backup)

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_backup_of_an_older_version_stays_one_until_the_next_apply(tmp_path: Path) -> None:
    golden = Path(__file__).parents[2] / "fixtures/stores/v1.db"
    replaced = restored(tmp_path / "state", golden)

    assert replaced.version == 1
    with open_writer(tmp_path / "state") as writer:
        assert writer.record().resources == FILLED.resources
        assert CODER.resource in writer.record().resources
    assert len(MIGRATIONS) >= 1
