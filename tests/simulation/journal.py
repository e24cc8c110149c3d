"""What the journal says, read beside the program by a connection of our own."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def open_steps(store: Path) -> list[tuple[str, str, str]]:
    """Uid, action and instance of every step that has begun and has no outcome."""
    return _rows(store, "SELECT uid, action, coalesce(instance, '') FROM steps WHERE finished_at IS NULL")


def open_runs(store: Path) -> list[tuple[int]]:
    """Runs that did not end."""
    return _rows(store, "SELECT id FROM runs WHERE finished_at IS NULL")


def protected(store: Path) -> list[str]:
    """Uids with the mark."""
    return [uid for (uid,) in _rows(store, "SELECT uid FROM resources WHERE protected")]


def served(store: Path) -> list[str]:
    """Models whose last word was that they shall run; a share of the fleet is a share of them."""
    return [
        one
        for (one,) in _rows(store, "SELECT resource FROM resources WHERE desired_running AND resource LIKE 'model/%'")
    ]


def instances(store: Path) -> list[tuple[str, int, str]]:
    """Resource, pid and mark of what is believed to run."""
    query = "SELECT resource, pid, instance FROM instances JOIN resources USING (uid) WHERE ended_at IS NULL"
    return _rows(store, query)


def _rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    if not store.exists():
        return []
    with closing(_connect(store)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            # It is being made: nothing stands in it yet.
            return []


def _connect(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
