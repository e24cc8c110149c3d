"""All or nothing: the two ways in which statements belong together."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Commits at the end of the block, rolls back when it fails; takes the right to write at its start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Statements in the block see one and the same state."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        _roll_back(connection)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        # The failure that brought us here is the one to tell; the journal undoes the rest at the next opening.
        with suppress(sqlite3.OperationalError):
            connection.execute("ROLLBACK")
