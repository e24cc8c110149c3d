"""
What the last run declared for the fleet as a whole: its server section, its logging, and how much a run may stop.

Every function belongs into a transaction of the caller.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from reconciler.spec.fleet import FleetSpec
from reconciler.store import metadata, server_configs
from reconciler.store.columns import from_other, to_json
from reconciler.store.database import Database
from reconciler.store.tables import insert, merged, tables_of

MAX_STOP = "max_stop"
_LOGGING = "logging_config"


def logging(database: Database) -> dict[str, Any] | None:
    """The logging that was declared last; nothing before the first run."""
    table = tables_of(database)[_LOGGING]
    rows = database.rows(f"SELECT other, {table.selected} FROM {_LOGGING}")  # noqa: S608 - our own names
    if not rows:
        return None
    [(other, *values)] = rows
    [tree] = table.joined([values])
    return merged(tree, from_other(other, _LOGGING))


def is_known(database: Database, fleet: FleetSpec) -> bool:
    """Whether the store says already what a fleet declares."""
    known = (server_configs.current(database), logging(database), metadata.read(database).get(MAX_STOP))
    return known == (fleet.server.complete(), fleet.logging.complete(), str(fleet.safety.max_stop))


def put(database: Database, fleet: FleetSpec) -> None:
    """Makes the store say what a fleet declares."""
    metadata.put(database, MAX_STOP, str(fleet.safety.max_stop))
    server_configs.put_current(database, fleet.server.complete())
    database.execute(f"DELETE FROM {_LOGGING}")  # noqa: S608 - our own name
    _put_logging(database, fleet.logging.complete())


def _put_logging(database: Database, tree: Mapping[str, Any]) -> None:
    columns, rest = tables_of(database)[_LOGGING].split(tree)
    try:
        insert(database, _LOGGING, {"id": 1, **columns, "other": to_json(rest) if rest else None})
    except sqlite3.IntegrityError:
        insert(database, _LOGGING, {"id": 1, "other": to_json(tree)})
