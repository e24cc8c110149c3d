"""
The door to SQLite: how a store is opened, for its one writer and for readers.

A connection belongs to the thread that opened it. sqlite-utils is not used here: its import alone takes longer than
a whole `status` may.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from reconciler.errors import StoreError
from reconciler.store.backup import back_up
from reconciler.store.failures import explained
from reconciler.store.filesystem import is_local
from reconciler.store.journal_mode import journal_mode
from reconciler.store.layout import STORE, is_there, prepare
from reconciler.store.migrations import MIGRATIONS, Migration, migrate, version_of
from reconciler.store.transaction import reading, writing

_PATIENCE = 5.0
"""Seconds to wait for another connection; transactions take milliseconds."""

_OLDEST = (3, 38, 0)
"""The first SQLite with STRICT tables and the operators of JSON."""

_UNDO_FIRST = frozenset({sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY})

Row = tuple[Any, ...]


class Database:
    """
    An open store; `close` it, or use it in a `with` block.

    Attributes:
        pending: how many migrations the file lacks, where this is a migrated copy of it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, *, pending: int = 0) -> None:
        self._connection = connection
        self.path = path
        self.pending = pending

    @classmethod
    def for_writing(cls, directory: Path, *, now: float, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """
        Opens the store of a directory, made or brought to today's form where needed, after a verified backup.

        Raises:
            StoreError: newer than the program, damaged, held by another, or on a disk that is full or read-only.
        """
        _check_library()
        path = prepare(directory)
        with explained(path):
            connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            try:
                _ready_to_write(connection, path, now, migrations)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    @classmethod
    def for_reading(cls, directory: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """
        Opens the store of a directory without changing it; a missing one reads as an empty one.

        An older one is copied to memory and brought to today's form there. The one thing that is ever written is what
        SQLite does on behalf of a writer that was killed: the undoing of its half transaction.

        Raises:
            StoreError: newer than the program, damaged, or held by a writer for seconds.
        """
        _check_library()
        path = directory / STORE
        with explained(path):
            connection = _reader(path) if is_there(path) else _in_memory()
            try:
                version = version_of(connection, path, migrations)
                if version < len(migrations):
                    older, connection = connection, _in_memory()
                    with closing(older):
                        older.backup(connection)
                    migrate(connection, now=0.0, migrations=migrations)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, pending=len(migrations) - version if version else 0)

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        """Runs one statement; belongs into a `writing` or `reading` block."""
        return self._connection.execute(statement, parameters)

    def execute_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Runs one statement for each row."""
        self._connection.executemany(statement, rows)

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all that is written in the block, or nothing. Raises StoreError where the host refuses."""
        with explained(self.path), writing(self._connection):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state: queries in the block agree with each other. Raises StoreError where the file is damaged."""
        with explained(self.path), reading(self._connection):
            yield

    def close(self) -> None:
        """Gives the file back; a second call does nothing."""
        self._connection.close()


def _check_library() -> None:
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old for the store",
            detail=f"expected {'.'.join(map(str, _OLDEST))} or newer",
            hint="use a Python that brings a newer SQLite",
        )


def _ready_to_write(connection: sqlite3.Connection, path: Path, now: float, migrations: Sequence[Migration]) -> None:
    version = version_of(connection, path, migrations)
    mode = journal_mode(sqlite3.sqlite_version_info, local=is_local(path.parent))
    connection.execute(f"PRAGMA journal_mode = {mode}")
    # A journal row must be on the disk before what it announces is done.
    connection.execute("PRAGMA synchronous = FULL")
    if version < len(migrations):
        if version:
            back_up(connection, path, version=version, now=now)
        migrate(connection, now=now, migrations=migrations)
    connection.execute("PRAGMA foreign_keys = ON")


def _reader(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode not in _UNDO_FIRST:
            raise
        with closing(_connect(path, "rw")) as writer:
            writer.execute("SELECT count(*) FROM sqlite_schema")
        return _connect(path, "ro")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)


def _in_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)
