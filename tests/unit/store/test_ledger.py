"""A store whose list of migrations is not ours is refused, whatever is wrong with it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import StoreError
from reconciler.store import Store
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS, Migration
from tests.support.stores import NOW, fill, open_writer

MORE = (
    Migration("one more", ("CREATE TABLE more (x ANY) STRICT",)),
    Migration("another", ("CREATE TABLE a (x ANY) STRICT",)),
)
THREE = (*MIGRATIONS, *MORE)


@pytest.fixture(name="store")
def store_with_more_migrations(tmp_path: Path) -> Path:
    with open_writer(tmp_path) as writer:
        fill(writer)
    Database.for_writing(tmp_path, now=NOW, migrations=THREE).close()
    return tmp_path


def edited(directory: Path, *statements: str) -> bytes:
    with closing(sqlite3.connect(directory / "store.db", isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)
    return (directory / "store.db").read_bytes()


LAST = len(THREE)
WRONG = {
    "edited": ("UPDATE migrations SET checksum = 'x' WHERE number > 1", "another line of llama-reconciler"),
    "renamed": ("UPDATE migrations SET name = 'x' WHERE number = 2", "another line of llama-reconciler"),
    "missing": ("DELETE FROM migrations WHERE number = 1", "is damaged"),
    "empty": ("DELETE FROM migrations", "is damaged"),
    "gone": ("DROP TABLE migrations", "is damaged"),
    "extra": ("INSERT INTO migrations SELECT number + 9, name, checksum, 0 FROM migrations", "is damaged"),
    "numbered otherwise": ("UPDATE migrations SET number = 99 WHERE number = 2", "is damaged"),
    "version lower": (f"PRAGMA user_version = {LAST - 1}", "is damaged"),
    "version none": ("PRAGMA user_version = 0", "is damaged"),
    "version below none": ("PRAGMA user_version = -1", "is damaged"),
    "version higher": (f"PRAGMA user_version = {LAST + 1}", f"has version {LAST + 1}; this program .* up to {LAST}"),
}


@pytest.mark.parametrize(("statement", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_list_that_is_not_ours_is_refused_and_the_file_untouched(store: Path, statement: str, said: str) -> None:
    before = edited(store, statement)

    with pytest.raises(StoreError, match=said):
        Database.for_reading(store, THREE)
    with pytest.raises(StoreError, match=said):
        Database.for_writing(store, now=NOW, migrations=THREE)
    assert (store / "store.db").read_bytes() == before


def test_migrations_in_another_order_are_refused(store: Path) -> None:
    with pytest.raises(StoreError, match="another line") as caught:
        Database.for_reading(store, (*MIGRATIONS, *reversed(MORE)))

    assert "expected `another`" in caught.value.detail


def test_the_names_of_migrations_are_unique() -> None:
    assert len({one.name for one in MIGRATIONS}) == len(MIGRATIONS)


def test_a_table_that_was_made_by_hand_stops_a_migration_with_an_explanation(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    edited(tmp_path, "CREATE TABLE more (theirs)")

    with pytest.raises(StoreError, match=r"migration \d+ `one more` cannot be done") as caught:
        Database.for_writing(tmp_path, now=NOW, migrations=THREE)
    assert "table more already exists" in caught.value.detail
    assert "reconcile store check" in caught.value.hint
    with Store.open(tmp_path) as store:
        assert store.lineage
