"""
The ordered steps from an empty file to today's tables.

Each is one explicit transaction that also raises `user_version`, so a kill leaves the version before or the one after.
Where a file stands is asked again inside of each, so that of two programs one migrates and the other finds it done.
There is no way back down: a backup is taken before (`backup.py`).
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.store.failures import UnusableStoreError, damaged, primary
from reconciler.store.layout import STORE
from reconciler.store.schema import FIRST, HISTORY, NORMALIZED
from reconciler.store.transaction import writing

APPLICATION = 0x4C_4C_52_43
"""`application_id` of the file, `LLRC`; file(1) and we tell by it that a database is a store."""

_OF_THE_CONTENT = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})
"""What SQLite says to a statement that does not fit to what is there: tables edited by hand."""

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


MIGRATIONS: tuple[Migration, ...] = (
    Migration("first", FIRST),
    Migration("normalized", NORMALIZED),
    Migration("history", HISTORY),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of database in the directory of a store.

    Attributes:
        file: its name there.
        application: its `application_id`.
        durable: whether what was committed must outlive a loss of power.
    """

    file: str
    application: int
    migrations: tuple[Migration, ...]
    durable: bool


STORE_KIND = Kind(file=STORE, application=APPLICATION, migrations=MIGRATIONS, durable=True)


def version_of(
    connection: sqlite3.Connection,
    path: Path,
    migrations: Sequence[Migration] = MIGRATIONS,
    application: int = APPLICATION,
) -> int:
    """
    How many migrations a file has had; 0 for an empty one. Read-only; belongs into a transaction, since it asks twice.

    Raises:
        StoreError: when it is no store, newer than the program, or had other migrations than ours.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    found: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if found != application and (tables or version):
        raise UnusableStoreError(
            f"`{path}` is an SQLite database, but not a store of llama-reconciler",
            detail=f"expected application_id {application}, got {found}",
            hint="name another directory with `--store DIR`",
        )
    if version > len(migrations):
        raise UnusableStoreError(
            f"the store `{path}` has version {version}; this program knows versions up to {len(migrations)}",
            hint="install the newer llama-reconciler that wrote it",
        )
    if version < 0 or (tables and not version):
        raise damaged(path, f"expected a version from 1 to {len(migrations)}, got {version}")
    if version:
        _check_ledger(connection, path, migrations[:version])
    return version


def migrate(
    connection: sqlite3.Connection,
    path: Path = Path(":memory:"),
    *,
    now: float,
    migrations: Sequence[Migration] = MIGRATIONS,
    application: int = APPLICATION,
    before: Callable[[int], object] = lambda _version: None,
) -> None:
    """
    Applies what is missing. Foreign keys must not be enforced meanwhile: a table that is made anew breaks them.

    Args:
        before: is called with the version of a file that is not empty, while nobody else can write and before
            anything is changed.

    Raises:
        StoreError: when a migration cannot be done or would leave rows that point nowhere; nothing of it was done then.
    """
    saved = False
    while True:
        with writing(connection):
            version = version_of(connection, path, migrations, application)
            if version == len(migrations):
                return
            if version and not saved:
                before(version)
            saved = True
            _apply(connection, version + 1, migrations[version], now=now, application=application)


def _apply(connection: sqlite3.Connection, number: int, migration: Migration, *, now: float, application: int) -> None:
    try:
        connection.execute(_LEDGER)
        for statement in migration.statements:
            connection.execute(statement)
    except sqlite3.DatabaseError as error:
        if primary(error) not in _OF_THE_CONTENT:
            raise
        raise UnusableStoreError(
            f"migration {number} `{migration.name}` cannot be done",
            detail=f"SQLite says: {error}; the store is as it was before",
            hint="`reconcile store check` says what was changed by hand; if it finds nothing, report it",
        ) from error
    connection.execute(
        "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        (number, migration.name, migration.checksum, now),
    )
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise UnusableStoreError(
            f"migration {number} `{migration.name}` would leave {len(broken)} rows that point nowhere",
            detail=f"the first is in table `{broken[0][0]}`; the store is as it was before",
            hint="report it, with the output of `reconcile version`",
        )
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {number}")


def _check_ledger(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    if not connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'").fetchone()[0]:
        raise damaged(path, "the list of its migrations is missing")
    held = connection.execute("SELECT number, name, checksum FROM migrations ORDER BY number").fetchall()
    ours = [(number, one.name, one.checksum) for number, one in enumerate(migrations, start=1)]
    if [number for number, *_ in held] != list(range(1, len(ours) + 1)):
        numbers = ", ".join(str(number) for number, *_ in held) or "none"
        raise damaged(path, f"expected the migrations 1 to {len(ours)}, got {numbers}")
    for theirs, mine in zip(held, ours, strict=True):
        if theirs != mine:
            raise UnusableStoreError(
                f"the store `{path}` was made by another line of llama-reconciler",
                detail=f"migration {mine[0]}: expected `{mine[1]}` {mine[2][:12]}, got `{theirs[1]}` {theirs[2][:12]}",
                hint="use the llama-reconciler that made it, or a directory of its own with `--store DIR`",
            )
