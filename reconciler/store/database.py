"""
The door to SQLite: how a store is opened, for its one writer and for readers.

A connection belongs to the thread that opened it. sqlite-utils is not used here: its import alone takes longer than
a whole `status` may.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from reconciler.errors import StoreError
from reconciler.store.backup import back_up
from reconciler.store.failures import explained, primary
from reconciler.store.filesystem import is_local
from reconciler.store.journal_mode import journal_mode
from reconciler.store.layout import is_there, prepare
from reconciler.store.migrations import STORE_KIND, Kind, Migration, migrate, version_of
from reconciler.store.opening import PATIENCE, connect, in_memory, open_file
from reconciler.store.transaction import reading, writing

_MIGRATION = 60.0
"""Seconds to wait for another program that migrates."""

_PAUSE = 0.02

_OLDEST = (3, 38, 0)
"""The first SQLite with STRICT tables and the operators of JSON."""

Row = tuple[Any, ...]


class Database:
    """
    An open store; `close` it, or use it in a `with` block.

    Attributes:
        pending: how many migrations the file lacks, where this is a migrated copy of it.
        backup: what was there before the migrations that this opening has done.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, pending: int = 0, backup: Path | None = None
    ) -> None:
        self._connection = connection
        self.path = path
        self.pending = pending
        self.backup = backup

    @classmethod
    def for_writing(
        cls, directory: Path, *, now: float, migrations: Sequence[Migration] = (), kind: Kind = STORE_KIND
    ) -> Self:
        """
        Opens the store of a directory, made or brought to today's form where needed, after a verified backup.

        Args:
            migrations: in place of those of the kind.

        Raises:
            StoreError: newer than the program, damaged, held by another, or on a disk that is full or read-only.
        """
        _check_library()
        path = prepare(directory, kind.file)
        with explained(path):
            connection = connect(path, "rw")
            try:
                backup = _ready_to_write(connection, path, now, kind, migrations or kind.migrations)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, backup=backup)

    @classmethod
    def for_reading(cls, directory: Path, migrations: Sequence[Migration] = (), kind: Kind = STORE_KIND) -> Self:
        """
        Opens the store of a directory without changing it; a missing one reads as an empty one.

        An older one is copied to memory and brought to today's form there. The one thing that is ever written is what
        SQLite does on behalf of a writer that was killed: the undoing of its half transaction.

        Raises:
            StoreError: newer than the program, damaged, or held by a writer for seconds.
        """
        _check_library()
        path, migrations = directory / kind.file, migrations or kind.migrations
        with explained(path):
            connection = open_file(path) if is_there(path) else in_memory()
            try:
                with reading(connection):
                    version = version_of(connection, path, migrations, kind.application)
                if version < len(migrations):
                    older, connection = connection, in_memory()
                    with closing(older):
                        older.backup(connection)
                    migrate(connection, path, now=0.0, migrations=migrations, application=kind.application)
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
        with explained(self.path):
            self._connection.close()


def _check_library() -> None:
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old for the store",
            detail=f"expected {'.'.join(map(str, _OLDEST))} or newer",
            hint="use a Python that brings a newer SQLite",
        )


def _keep_journal(connection: sqlite3.Connection, mode: str) -> None:
    """SQLite itself does not wait where two connections change the mode at once: each has what the other waits for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as error:
            if primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _ready_to_write(
    connection: sqlite3.Connection, path: Path, now: float, kind: Kind, migrations: Sequence[Migration]
) -> Path | None:
    backups: list[Path] = []

    def keep(found: int) -> None:
        if kind.durable:
            backups.append(back_up(path, version=found, now=now))

    with reading(connection):
        version = version_of(connection, path, migrations, kind.application)
    _keep_journal(connection, journal_mode(sqlite3.sqlite_version_info, local=is_local(path.parent)))
    # A journal row of a store must be on the disk before what it announces is done.
    connection.execute(f"PRAGMA synchronous = {'FULL' if kind.durable else 'OFF'}")
    if version < len(migrations):
        connection.execute(f"PRAGMA busy_timeout = {round(_MIGRATION * 1000)}")
        migrate(
            connection,
            path,
            now=now,
            migrations=migrations,
            application=kind.application,
            before=keep,
        )
        connection.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    return backups[0] if backups else None
