"""A store as it lies there, of whatever version: for those who look at it as a file, and never at what it means."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from reconciler.errors import StoreError
from reconciler.store.failures import explained
from reconciler.store.layout import is_there
from reconciler.store.migrations import STORE_KIND, Kind, version_of
from reconciler.store.opening import open_file
from reconciler.store.transaction import reading


@contextmanager
def raw(directory: Path, kind: Kind = STORE_KIND) -> Iterator[tuple[Connection, int]]:
    """
    The file, read-only, and its version; all queries of the block see one state.

    Raises:
        StoreError: there is none, or it is newer than the program, damaged, or of another program.
    """
    path = existing(directory, kind)
    with explained(path):
        connection = open_file(path)
        try:
            with reading(connection):
                yield connection, version_of(connection, path, kind.migrations, kind.application)
        finally:
            connection.close()


def existing(directory: Path, kind: Kind = STORE_KIND) -> Path:
    """
    The file in a directory.

    Raises:
        StoreError: when there is none.
    """
    path = directory / kind.file
    if not is_there(path):
        raise StoreError(
            f"there is no store in `{directory}`",
            hint="the first `reconcile apply` makes it; name another directory with `--store DIR`",
        )
    return path


def tables(connection: Connection) -> list[str]:
    """The names of all tables that hold something of ours, in the order in which they were made."""
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')"
        " ORDER BY rowid"
    )
    return [name for (name,) in found]


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        name: connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]  # noqa: S608 - quoted
        for name in tables(connection)
    }
