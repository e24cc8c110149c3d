"""A migration can be looked at before it is done: its SQL, and how many rows each table has before and after."""

from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from reconciler.domain.stored import Migrated
from reconciler.errors import StoreError
from reconciler.render.layout import text
from reconciler.render.schemas import SCHEMAS
from reconciler.render.store_json import migrated_json
from reconciler.render.store_text import migrated_text
from reconciler.store.database import Database
from reconciler.store.migrating import bring_up, rehearse
from reconciler.store.migrations import MIGRATIONS, STORE_KIND, Migration
from tests.support.stores import NOW, fill, open_writer

NEWEST = len(MIGRATIONS)
SPLIT = Migration(
    "split the audit",
    (
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT NOT NULL) STRICT",
        """
        INSERT INTO audit (what)
        SELECT what FROM events
        """,
        "DROP TRIGGER events_are_not_deleted",
        "DELETE FROM events",
    ),
)
KIND = replace(STORE_KIND, migrations=(*MIGRATIONS, SPLIT, Migration("drop it", ("DROP TABLE audit",))))


@pytest.fixture(name="older")
def store_of_an_older_version(tmp_path: Path) -> Path:
    with open_writer(tmp_path) as writer:
        fill(writer)
    return tmp_path


def shown(migrated: Migrated, *, dry_run: bool) -> str:
    jsonschema.validate(migrated_json(migrated, dry_run=dry_run), SCHEMAS["store-migrate"])
    return text(migrated_text(migrated, dry_run=dry_run, verbose=dry_run))


def test_a_rehearsal_shows_each_step_and_touches_nothing(older: Path) -> None:
    before = {one: one.read_bytes() for one in older.rglob("*") if one.is_file()}
    migrated = rehearse(older, KIND)

    assert (migrated.before, migrated.after, migrated.backup) == (NEWEST, NEWEST + 2, "")
    split, drop = migrated.steps
    assert (split.number, split.name, split.checksum) == (NEWEST + 1, "split the audit", SPLIT.checksum)
    assert (split.before["events"], split.after["events"], split.after["audit"]) == (5, 0, 5)
    assert ("audit" in split.before, "audit" in drop.after) == (False, False)
    assert {one: one.read_bytes() for one in older.rglob("*") if one.is_file()} == before

    said = shown(migrated, dry_run=True)
    assert f"migration {NEWEST + 1} split the audit  sha256 {SPLIT.checksum}" in said
    assert "    INSERT INTO audit (what)\n    SELECT what FROM events;\n" in said
    assert f"2 migrations would bring {older}/store.db from version {NEWEST} to {NEWEST + 2}." in said


def test_it_is_done_after_a_backup_and_then_there_is_nothing_to_do(older: Path) -> None:
    rehearsed, migrated = rehearse(older, KIND), bring_up(older, now=NOW, kind=KIND)

    assert migrated.steps == rehearsed.steps
    assert migrated.backup == f"{older}/backups/store-v{NEWEST}-20231114T221320Z.db"
    assert Path(migrated.backup).exists()
    assert f"What was before: {migrated.backup}" in shown(migrated, dry_run=False)
    again = bring_up(older, now=NOW, kind=KIND)
    assert (again.steps, again.backup) == ((), "")
    assert shown(again, dry_run=False) == f"Nothing to migrate: {older}/store.db has version {NEWEST + 2}.\n"


def test_a_migration_that_cannot_be_done_is_told_by_its_rehearsal(older: Path) -> None:
    wrong = replace(KIND, migrations=(*MIGRATIONS, Migration("wrong", ("DROP TABLE nowhere",))))

    with pytest.raises(StoreError, match=f"migration {NEWEST + 1} `wrong` cannot be done"):
        rehearse(older, wrong)
    Database.for_reading(older).close()
