"""Connections to a file as it is, whatever is in it: nothing here knows versions or makes tables."""

import sqlite3
from contextlib import closing
from pathlib import Path

PATIENCE = 5.0
"""Seconds to wait for another connection; transactions take milliseconds."""

_UNDO_FIRST = frozenset({sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY})


def open_file(path: Path) -> sqlite3.Connection:
    """
    A file that is there, read-only.

    The one thing that is ever written is what SQLite does on behalf of a writer that was killed: the undoing of its
    half transaction.
    """
    connection = connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode not in _UNDO_FIRST:
            raise
        with closing(connect(path, "rw")) as writer:
            writer.execute("SELECT count(*) FROM sqlite_schema")
        return connect(path, "ro")
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection whose transactions are ours to begin; `mode` as SQLite's addresses have it (ro, rw, rwc)."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)


def in_memory() -> sqlite3.Connection:
    """A database that nobody else sees and that is gone when it is closed."""
    return sqlite3.connect(":memory:", isolation_level=None)
