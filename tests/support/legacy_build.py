"""Databases of the dashboard made by hand, from the columns of every vintage: mixtures, and values of any kind."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.legacy import COLUMNS

CHECKED = "CHECK (status IN ('running', 'stopped', 'loading', 'error'))"
TIME = 1_767_042_600_000


def built(path: Path, *vintages: str) -> Path:
    """The tables of these vintages in one file, oldest first, as each start of the dashboard made what was missing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for vintage in vintages:
            for table in dict.fromkeys(one["table"] for one in _stored(vintage)):
                columns = [one for one in _stored(vintage) if one["table"] == table]
                there = {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}
                if not there:
                    made = ", ".join(_column(one, vintage) for one in sorted(columns, key=lambda one: one["position"]))
                    database.execute(f'CREATE TABLE "{table}" ({made})')
                elif table == "models" and vintage.startswith("J"):
                    for name in (
                        "embedding_size",
                        "block_count",
                        "head_count",
                        "head_count_kv",
                        "ffn_dim",
                        "file_type",
                    ):
                        _add(database, name, there)
                    _add(database, "favorite", there)
    return path


def add(path: Path, table: str, /, **values: Any) -> Path:
    """One row; what is not given has its default, times are those of a day in 2025."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        columns = {row[1]: row for row in database.execute(f'PRAGMA table_info("{table}")')}
        needed: dict[str, Any] = {
            name: TIME for name in ("created_at", "updated_at") if name in columns and columns[name][3]
        }
        if table == "models" and columns["status"][3]:
            needed |= {"type": "llama", "status": "stopped"}
        row = needed | values
        names = ", ".join(f'"{name}"' for name in row)
        database.execute(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(row))})', tuple(row.values()))  # noqa: S608 - names of the fixtures
    return path


def columns_of(vintage: str, tables: Iterable[str]) -> list[dict[str, Any]]:
    """The described columns of some tables."""
    return [one for one in _stored(vintage) if one["table"] in set(tables)]


def _stored(vintage: str) -> list[dict[str, Any]]:
    return [
        one for one in COLUMNS if one["vintage"] == vintage and one["kind"] != "kvkey" and "never" not in one["table"]
    ]


def _add(database: sqlite3.Connection, name: str, there: set[str]) -> None:
    if name not in there:
        database.execute(f'ALTER TABLE models ADD COLUMN "{name}" INTEGER DEFAULT 0')


def _column(one: dict[str, Any], vintage: str) -> str:
    parts = [f'"{one["column"]}"', one["sqltype"]]
    if one["pk"]:
        parts.append("PRIMARY KEY")
    if one["notnull"]:
        parts.append("NOT NULL")
    if one["column"] == "status" and vintage.startswith("V"):
        parts.append(CHECKED)
    if (default := one["default"]) is not None:
        is_call = isinstance(default, str) and "(" in default
        plain = f"({default})" if is_call else default if isinstance(default, int | float) else _quoted(default)
        parts.append(f"DEFAULT {plain}")
    return " ".join(map(str, parts))


def _quoted(default: str) -> str:
    text = default.strip("'")
    return f"'{text}'"
