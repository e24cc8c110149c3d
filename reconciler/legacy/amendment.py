"""What migration 004 would still have to write into a file: decided from what the file says, written by others."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import field

from reconciler.domain.frozen import frozen
from reconciler.errors import LegacyError
from reconciler.legacy.report import Code
from reconciler.legacy.source import Source
from reconciler.legacy.stored import unified_row
from reconciler.legacy.unified import Config, Unified
from reconciler.legacy.values import Given
from reconciler.legacy.vintage import Vintage
from reconciler.legacy.vocabulary import Key

TABLES: Mapping[str, str] = {
    "migration_backup_004": "id INTEGER PRIMARY KEY AUTOINCREMENT, source_table TEXT NOT NULL, source_key TEXT, "
    "original_value TEXT, migrated_at INTEGER DEFAULT (strftime('%s', 'now'))",
    "router_config": "key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER DEFAULT (strftime('%s', 'now'))",
    "logging_config": "key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER DEFAULT (strftime('%s', 'now'))",
}
INDEXES: Mapping[str, str] = {
    "idx_router_config_key": "router_config(key)",
    "idx_logging_config_key": "logging_config(key)",
}
_COLUMNS = {
    "migration_backup_004": {"id", "source_table", "source_key", "original_value", "migrated_at"},
    "router_config": {"key", "value", "updated_at"},
    "logging_config": {"key", "value", "updated_at"},
}
_METRICS_ONLY = {"S1", "S2"}
TOUCHED = frozenset({*TABLES, *INDEXES, "server_config", "sqlite_sequence"})
"""What the migration may change; a trigger of the file could change more."""


@frozen
class Amendment:
    """
    Attributes:
        rows: the new value of the row `config`, by table; a table whose row is good has none.
        why_not: why there is nothing to write, where that needs a word.
    """

    rows: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


def amendment_of(source: Source, vintage: Vintage, found: Unified, *, from_backup: bool = False) -> Amendment:
    """
    The rows that a file lacks; with `from_backup` also those that hold defaults where its backup holds other values.

    Raises:
        LegacyError: a table of that name is there and is not the dashboard's.
    """
    if _METRICS_ONLY.issuperset(vintage.labels):
        return Amendment(why_not="it holds metrics only: there are no settings to unify")
    for table, columns in _COLUMNS.items():
        if table in source.tables and not columns <= set(source.columns(table)):
            raise _foreign(source, table)
    rows = {}
    for table, config in (("router_config", found.router), ("logging_config", found.logging)):
        if not isinstance(unified_row(source, table), Given):
            rows[table] = _written(config.values)
    if from_backup and (lost := _lost(found.router)):
        rows["router_config"] = _written({**found.router.values, **lost})
    if rows:
        return Amendment(rows=rows)
    return Amendment(why_not="migration 004 was done before: both rows are there and readable")


def _lost(router: Config) -> Mapping[str, Key]:
    notes = (note for note in router.notes if note.code is Code.DIFFERS_FROM_BACKUP)
    return {key: value for note in notes for key, value in note.recoverable.items() if isinstance(value, Key)}


def _written(values: Mapping[str, Key]) -> str:
    """As JavaScript writes it: no blanks, letters as they are."""
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _foreign(source: Source, table: str) -> LegacyError:
    return LegacyError(
        f"`{source.path}` has a table `{table}` that is not the dashboard's",
        kind="unknown_schema",
        detail=f"expected the columns {', '.join(sorted(_COLUMNS[table]))}, got {', '.join(source.columns(table))}",
        hint="rename that table: "
        f"`sqlite3 {shlex.quote(str(source.path))} 'ALTER TABLE {table} RENAME TO {table}_old'`",
    )
