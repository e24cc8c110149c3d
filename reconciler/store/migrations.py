"""
The ordered steps from an empty file to today's tables.

Each is one explicit transaction that also raises `user_version`, so a kill leaves the version before or the one after.
There is no way back down: a backup is taken before (`backup.py`).
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.failures import damaged
from reconciler.store.schema import FIRST, NORMALIZED
from reconciler.store.transaction import writing

APPLICATION = 0x4C_4C_52_43
"""`application_id` of the file, `LLRC`; file(1) and we tell by it that a database is a store."""

_LEDGER = """
    CREATE TABLE IF NOT EXISTS migrations (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at REAL NOT NULL
    ) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. Its number is its place in the list; neither name nor statements change once it was released."""

    name: str
    statements: tuple[str, ...]

    @property
    def checksum(self) -> str:
        """SHA-256 of the statements."""
        return hashlib.sha256("\0".join(self.statements).encode()).hexdigest()


MIGRATIONS: tuple[Migration, ...] = (Migration("first", FIRST), Migration("normalized", NORMALIZED))


def version_of(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """
    How many migrations a store has had; 0 for an empty file. Read-only.

    Raises:
        StoreError: when it is no store, newer than the program, or had other migrations than ours.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION and (tables or version):
        raise StoreError(
            f"`{path}` is an SQLite database, but not a store of llama-reconciler",
            detail=f"expected application_id {APPLICATION}, got {application}",
            hint="name another directory with `--store DIR`",
        )
    if version > len(migrations):
        raise StoreError(
            f"the store `{path}` has version {version}; this program knows versions up to {len(migrations)}",
            hint="install the newer llama-reconciler that wrote it",
        )
    if version:
        _check_ledger(connection, path, migrations[:version])
    return version


def migrate(connection: sqlite3.Connection, *, now: float, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """
    Applies what is missing. Foreign keys must not be enforced meanwhile: a table that is made anew breaks them.

    Raises:
        StoreError: when a migration would leave rows that point nowhere; nothing of it was done then.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, migration in enumerate(migrations[version:], start=version + 1):
        with writing(connection):
            _apply(connection, number, migration, now)


def _apply(connection: sqlite3.Connection, number: int, migration: Migration, now: float) -> None:
    connection.execute(_LEDGER)
    for statement in migration.statements:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        (number, migration.name, migration.checksum, now),
    )
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise StoreError(
            f"migration {number} `{migration.name}` would leave {len(broken)} rows that point nowhere",
            detail=f"the first is in table `{broken[0][0]}`; the store is as it was before",
            hint="report it, with the output of `reconcile version`",
        )
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {number}")


def _check_ledger(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    held = connection.execute("SELECT number, name, checksum FROM migrations ORDER BY number").fetchall()
    ours = [(number, one.name, one.checksum) for number, one in enumerate(migrations, start=1)]
    for theirs, mine in zip(held, ours, strict=False):
        if theirs != mine:
            raise StoreError(
                f"the store `{path}` was made by another line of llama-reconciler",
                detail=f"migration {mine[0]}: expected `{mine[1]}` {mine[2][:12]}, got `{theirs[1]}` {theirs[2][:12]}",
                hint="use the llama-reconciler that made it, or a directory of its own with `--store DIR`",
            )
    if len(held) != len(ours):
        raise damaged(path, f"expected {len(ours)} applied migrations, got {len(held)}")
