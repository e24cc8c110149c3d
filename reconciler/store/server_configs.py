"""
Server sections: one line for each that a process was started with, and one for what the last run declared.

They belong to no model, and outlive all of them. Every function belongs into a transaction of the caller.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from reconciler.store.columns import from_other, to_json
from reconciler.store.database import Database
from reconciler.store.tables import insert, merged, tables_of

TABLE = "model_server_config"
PRUNE = """
    DELETE FROM model_server_config WHERE current = 0
        AND id NOT IN (SELECT server_config FROM processes WHERE server_config IS NOT NULL)
"""
"""Removes sections that no process was started with."""


def number_of(database: Database, server: Mapping[str, Any]) -> int:
    """The line that says exactly this; made where there is none."""
    values = _values(database, server)
    same = " AND ".join(f'"{name}" IS ?' for name in values)
    found = database.rows(f"SELECT id FROM {TABLE} WHERE current = 0 AND {same}", tuple(values.values()))  # noqa: S608 - our own names
    if found:
        number: int = found[0][0]
        return number
    return _insert(database, values | {"current": 0}, server)


def by_number(database: Database) -> dict[int, dict[str, Any]]:
    """Every section by its line."""
    return {number: tree for number, _, tree in _all(database)}


def current(database: Database) -> dict[str, Any] | None:
    """What the last run declared; nothing before the first."""
    return next((tree for _, declared, tree in _all(database) if declared), None)


def put_current(database: Database, server: Mapping[str, Any]) -> None:
    """Records what is declared from now on."""
    values = _values(database, server)
    database.execute(f"DELETE FROM {TABLE} WHERE current = 1")  # noqa: S608 - our own name
    _insert(database, values | {"current": 1}, server)


def _values(database: Database, server: Mapping[str, Any]) -> dict[str, Any]:
    """Every column, also those that it does not mention: sameness is asked of all of them."""
    table = tables_of(database)[TABLE]
    columns, rest = table.split(server)
    return dict.fromkeys(table.kinds) | columns | {"other": to_json(rest) if rest else None}


def _all(database: Database) -> list[tuple[int, bool, dict[str, Any]]]:
    table = tables_of(database)[TABLE]
    rows = database.rows(f"SELECT id, current, other, {table.selected} FROM {TABLE}")  # noqa: S608 - our own names
    trees = table.joined([values for _, _, _, *values in rows])
    return [
        (number, bool(declared), merged(tree, from_other(other, TABLE)))
        for (number, declared, other, *_), tree in zip(rows, trees, strict=True)
    ]


def _insert(database: Database, values: Mapping[str, Any], server: Mapping[str, Any]) -> int:
    """Makes a line; one that the checks refuse, as of an adopted process, is kept whole in `other`."""
    try:
        return insert(database, TABLE, values)
    except sqlite3.IntegrityError:
        return insert(database, TABLE, {"current": values["current"], "other": to_json(server)})
