"""
What the columns of a store hold, asked from the store itself.

So a column whose setting is gone is read and written on, and who only reads a record imports no settings.
"""

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any
from weakref import WeakKeyDictionary

from reconciler.domain.frozen import frozen
from reconciler.store.columns import from_json, marks, to_strict_json
from reconciler.store.database import Database

GROUPS: Mapping[str, tuple[str, ...]] = {
    "models": ("health", "restart"),
    "router_config": ("health", "restart"),
    "model_server_config": ("api_key", "hf_token"),
    "logging_config": ("file",),
    "processes": ("llama_server",),
}
"""Mappings of a document that are flattened: `health.stop_grace` is the column `health_stop_grace`."""

KEYS = frozenset({"uid", "id", "name", "serve", "current", "server_config", "spec_version", "other"})
"""Columns that are no part of a document."""

_LARGEST = 2**63 - 1
_TRUTHS = {0: False, 1: True}
_MADE = """
    SELECT name, sql FROM sqlite_schema
    WHERE type = 'table' AND (name GLOB 'model*' OR name GLOB '*_config' OR name = 'processes')
"""


@frozen
class Table:
    """
    The columns of a table that hold parts of a document.

    Attributes:
        kinds: `boolean`, `json`, or the type of SQLite, by column.
        own: columns that stand for a key of the same name; those of groups are no keys.
        groups: the key and the inner key of each column of a group.
    """

    name: str
    kinds: Mapping[str, str]
    own: frozenset[str]
    groups: Mapping[str, tuple[str, str]]

    @property
    def selected(self) -> str:
        """The columns as a query names them."""
        return ", ".join(f'"{name}"' for name in self.kinds)

    def split(self, tree: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the columns can hold, by column, and what they cannot, as the tree that it is."""
        columns, rest = {}, {}
        for key, value in tree.items():
            if key in self.own and (kept := _encoded(self.kinds[key], value)) is not None:
                columns[key] = kept
            elif key in GROUPS.get(self.name, ()) and isinstance(value, Mapping) and value:
                flat = {f"{key}_{inner}": one for inner, one in value.items()}
                fits = {
                    name: kept
                    for name, one in flat.items()
                    if name in self.groups and (kept := _encoded(self.kinds[name], one)) is not None
                }
                columns |= fits
                if left := {inner: one for inner, one in value.items() if f"{key}_{inner}" not in fits}:
                    rest[key] = left
            else:
                rest[key] = value
        return columns, rest

    def joined(self, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The trees that rows stand for; by columns, since most of them say nothing in any row."""
        said, gaps = {}, False
        for name, column in zip(self.kinds, zip(*rows, strict=True), strict=False):
            if (silent := column.count(None)) < len(rows):
                said[name] = self._decoded(name, column)
                gaps = gaps or silent > 0
        if not said:
            return [{} for _ in rows]
        if gaps:
            trees = [
                {name: value for name, value in zip(said, values, strict=True) if value is not None}
                for values in zip(*said.values(), strict=True)
            ]
        else:
            trees = [dict(zip(said, values, strict=True)) for values in zip(*said.values(), strict=True)]
        for name in filter(self.groups.__contains__, said):
            group, inner = self.groups[name]
            for tree in trees:
                if name in tree:
                    tree.setdefault(group, {})[inner] = tree.pop(name)
        return trees

    def _decoded(self, name: str, column: tuple[Any, ...]) -> Sequence[Any]:
        match self.kinds[name]:
            case "boolean":
                return [_TRUTHS.get(value) for value in column]
            case "json":
                return from_json(column, f"{self.name}.{name}")
            case _:
                return column


@frozen
class Tables:
    """All tables that hold documents; `sections` are the sections of a model that have one."""

    by_name: Mapping[str, Table]
    sections: tuple[str, ...]

    def __getitem__(self, name: str) -> Table:
        return self.by_name[name]


_known: WeakKeyDictionary[Database, Tables] = WeakKeyDictionary()


def section_table(section: str) -> str:
    """The table of a section of a model."""
    return f"model_{section}_config"


def tables_of(database: Database) -> Tables:
    """The tables of an open store, which stay as they are while it is open."""
    if database not in _known:
        _known[database] = _asked(database)
    return _known[database]


def insert(database: Database, table: str, values: Mapping[str, Any]) -> int:
    """Writes one row by the names of its columns; returns its number, where the table has numbers."""
    names = ", ".join(f'"{name}"' for name in values)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks(list(values))})"  # noqa: S608 - our own names
    return database.execute(statement, tuple(values.values())).lastrowid or 0


def merged(tree: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with what its columns could not hold."""
    for key, value in other.items():
        inner = tree.get(key)
        tree[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return tree


def _asked(database: Database) -> Tables:
    made: dict[str, str] = dict(database.rows(_MADE))
    sections = (one.removeprefix("model_").removesuffix("_config") for one in made)
    return Tables(
        by_name={name: _table(name, _kinds(database, name, sql)) for name, sql in made.items()},
        sections=tuple(one for one in sections if section_table(one) in made and one != "server"),
    )


def _kinds(database: Database, table: str, sql: str) -> dict[str, str]:
    """The types as SQLite has them, and by their checks those that it has not."""
    lists = set(re.findall(r"json_valid\((\w+)\)", sql))
    truths = set(re.findall(r"\(\"?(\w+)\"? IN \(0, 1\)\)", sql))
    return {
        name: "json" if name in lists else "boolean" if name in truths else kind
        for name, kind in database.rows("SELECT name, type FROM pragma_table_info(?)", (table,))
        if name not in KEYS and (table, name) != ("model_files", "path")
    }


def _table(name: str, kinds: dict[str, str]) -> Table:
    groups = {
        column: (group, column.removeprefix(f"{group}_"))
        for group in GROUPS.get(name, ())
        for column in kinds
        if column.startswith(f"{group}_")
    }
    return Table(
        name=name,
        kinds=kinds,
        own=frozenset(kinds.keys() - groups.keys()),
        groups=groups,
    )


def _encoded(kind: str, value: Any) -> Any:
    """A value as its column takes it, so that it comes back as the same; None where it cannot."""
    of = type(value)
    match kind:
        case "boolean":
            return int(value) if of is bool else None
        case "json":
            return to_strict_json(value) if of in {list, tuple, dict} or isinstance(value, Mapping) else None
        case "INTEGER":
            return value if of is int and -_LARGEST <= value <= _LARGEST else None
        case "REAL":
            # A zero with a sign loses it.
            return value if of is float and isfinite(value) and (value or str(value) == "0.0") else None
        case "TEXT":
            return value if of is str and _is_text(value) else None
        case _:
            return value if (of is int and abs(value) <= _LARGEST) or (of is str and _is_text(value)) else None


def _is_text(value: str) -> bool:
    """Whether SQLite keeps it whole: half a surrogate pair is no text, and a NUL ends one for some of its functions."""
    if value.isascii():
        return "\0" not in value
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
