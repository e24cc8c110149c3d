"""Bringing a store to today's form, or showing on a copy what that would do."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from reconciler.domain.actor import Actor
from reconciler.domain.stored import Migrated, MigrationStep
from reconciler.store import audit
from reconciler.store.database import Database
from reconciler.store.failures import explained
from reconciler.store.migrations import STORE_KIND, Kind, migrate, version_of
from reconciler.store.opening import in_memory, open_file
from reconciler.store.raw import counts, existing


def rehearse(directory: Path, kind: Kind = STORE_KIND) -> Migrated:
    """
    Migrates a copy in memory, one step at a time. The store is only read.

    Raises:
        StoreError: there is none, it is newer than the program or damaged, or a migration cannot be done.
    """
    path = existing(directory, kind)
    with explained(path), closing(in_memory()) as copy:
        with closing(open_file(path)) as source:
            source.backup(copy)
        before = version_of(copy, path, kind.migrations, kind.application)
        steps = tuple(_step(copy, path, kind, number) for number in range(before + 1, len(kind.migrations) + 1))
        return Migrated(path=str(path), before=before, after=before + len(steps), steps=steps)


def bring_up(directory: Path, *, now: float, kind: Kind = STORE_KIND, actor: Actor = audit.NOBODY) -> Migrated:
    """
    Migrates a store after a verified backup; one that has today's form is left alone. The caller holds the lock.

    Raises:
        StoreError: as `rehearse`, or the host refuses; the store is of the version before or of a later one then.
    """
    rehearsed = rehearse(directory, kind)
    if rehearsed.steps:
        database = Database.for_writing(directory, now=now, kind=kind)
        note_migration(database, actor, now=now)
        database.close()
        return replace(rehearsed, backup=str(database.backup or ""))
    return rehearsed


def note_migration(database: Database, actor: Actor, *, now: float) -> None:
    """Adds to the audit that opening this store has migrated it."""
    if database.backup:
        with database.writing():
            audit.note(database, actor, "store migrate", f"what was before: {database.backup}", at=now)


def _step(copy: Connection, path: Path, kind: Kind, number: int) -> MigrationStep:
    migration, before = kind.migrations[number - 1], counts(copy)
    migrate(copy, path, now=0.0, migrations=kind.migrations[:number], application=kind.application)
    return MigrationStep(
        number=number,
        name=migration.name,
        checksum=migration.checksum,
        statements=migration.statements,
        before=before,
        after=counts(copy),
    )
