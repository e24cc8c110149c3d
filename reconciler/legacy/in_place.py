"""The second door to SQLite: the one transaction that changes a file, and what a file holds, to tell changes."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from reconciler.errors import LegacyError
from reconciler.legacy.amendment import INDEXES, TABLES, Amendment
from reconciler.legacy.private_copy import busy, private_copy
from reconciler.legacy.source import unbelievable

Content = Mapping[str, tuple[int, str]]
"""Rows and a digest of them, by table; `sqlite_schema` is one. Equal contents hold the same, wherever it lies."""

_PATIENCE = 1.0
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_REFUSED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_ORIGINALS = (
    ("server_config", "config"),
    ("metadata", "user_settings"),
    ("router_config", "config"),
    ("logging_config", "config"),
)


@contextmanager
def exclusively(path: Path, *, named: Path | None = None) -> Iterator[sqlite3.Connection]:
    """
    One transaction that nobody else sees before it is whole; undone unless the block commits it. Failures are told of
    `named`, where the file is a copy of that one.

    Raises:
        LegacyError: another program has the file, it may not be written, or there is no room.
    """
    with explained(named or path):
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.text_factory = _tagged
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite or the host refuses into an error for people."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeError) as error:
        raise _error(path, getattr(error, "sqlite_errorcode", 0) & 0xFF, error) from error


def content_of(path: Path, *, patience: float) -> Content:
    """What a file holds, read from a private copy."""
    with private_copy(path, patience=patience) as copy, exclusively(copy, named=path) as connection:
        return content(connection)


def rehearse(kept: Path, amendment: Amendment, *, named: Path, now: int) -> tuple[Content, Content]:
    """What the file that was kept holds, and what it will hold after: done on a private copy."""
    with private_copy(kept, patience=0.0) as copy, exclusively(copy, named=named) as connection:
        before = content(connection)
        amend(connection, amendment, now=now)
        return before, content(connection)


def content(connection: sqlite3.Connection) -> Content:
    """What the file of this connection holds now."""
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND upper(sql) NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    tables = [stored.decode("utf-8", "surrogateescape") for ((_, stored),) in names.fetchall()]
    # SQLite does not tell names apart by their case, and neither may we.
    asked = {table.lower(): f'SELECT * FROM "{table.replace(chr(34), chr(34) * 2)}" NOT INDEXED' for table in tables}  # noqa: S608 - names of the file itself, quoted
    return {table: _summary(connection, each) for table, each in {"sqlite_schema": schema, **asked}.items()}


def amend(connection: sqlite3.Connection, amendment: Amendment, *, now: int) -> None:
    """Migration 004, or the rest of it: originals put aside, rows written, what they replace removed."""
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
    for table, key in _ORIGINALS:
        if table not in TABLES or table in amendment.rows:
            _put_aside(connection, table, key, now)
    for table, value in amendment.rows.items():
        connection.execute(f"DELETE FROM {table} WHERE key = 'config'")  # noqa: S608 - a name of our own
        connection.execute(f"INSERT INTO {table} (key, value, updated_at) VALUES ('config', ?, ?)", (value, now))  # noqa: S608 - as above
    for index, columns in INDEXES.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {columns}")
    if _has(connection, "server_config"):
        connection.execute("DELETE FROM server_config WHERE key = 'config'")


def settle(path: Path, *, expected: Content | None = None) -> None:
    """
    Leaves nothing beside the file: what is in its log goes into it, half a transaction is undone.

    Raises:
        LegacyError: it does not hold what was expected, since another program wrote meanwhile.
    """
    with exclusively(path) as connection:
        if expected is not None and content(connection) != expected:
            raise busy(path)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _put_aside(connection: sqlite3.Connection, table: str, key: str, now: int) -> None:
    """A value that lies there already is not put there again: repeated runs do not grow the table."""
    if _has(connection, table):
        connection.execute(
            f"INSERT INTO migration_backup_004 (source_table, source_key, original_value, migrated_at) "  # noqa: S608 - a name of our own
            f"SELECT ?1, ?2, value, ?3 FROM {table} WHERE key = ?2 AND NOT EXISTS (SELECT 1 FROM migration_backup_004 "
            "WHERE source_table = ?1 AND source_key = ?2 AND original_value IS value)",
            (table, key, now),
        )


def _has(connection: sqlite3.Connection, table: str) -> bool:
    """A table with keys and values of this name."""
    found = connection.execute("SELECT count(*) FROM pragma_table_info(?) WHERE name IN ('key', 'value')", (table,))
    return bool(found.fetchone() == (2,))


def _summary(connection: sqlite3.Connection, asked: str) -> tuple[int, str]:
    digest, count = sha256(), 0
    for row in connection.execute(asked):
        digest.update(repr(row).encode())
        count += 1
    return count, digest.hexdigest()


def _tagged(stored: bytes) -> tuple[str, bytes]:
    """Text must not equal the BLOB of the same bytes; what is no UTF-8 stays what it is."""
    return ("text", stored)


def _error(path: Path, code: int, error: Exception) -> LegacyError:
    said = f"SQLite says: {error}"
    if code in _HELD:
        return busy(path)
    if code in _DAMAGED:
        return unbelievable(path, error)
    if code in _FULL:
        return LegacyError(f"there is no room to change `{path}`", kind="no_room", detail=said, hint="make room there")
    if code in _REFUSED:
        return not_writable(path, said)
    return LegacyError(
        f"`{path}` cannot be changed",
        kind="unknown_schema",
        detail=said,
        hint="its tables are not as the dashboard made them; the file is as it was",
    )


def not_writable(path: Path, detail: str) -> LegacyError:
    """The file or its directory may not be changed."""
    return LegacyError(
        f"`{path}` cannot be written",
        kind="not_writable",
        detail=detail,
        hint="call it as the owner of the file, and mend the mode of the file and of its directory",
    )
