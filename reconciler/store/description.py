"""The newest tables as they are made, with what every column means: what docs/store.md is written from."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from reconciler.domain.tables import ColumnFacts, TableFacts
from reconciler.store.declared import check_of, declared_columns
from reconciler.store.meanings import TABLES, meaning
from reconciler.store.metrics.meanings import COLUMNS as METRICS_COLUMNS
from reconciler.store.metrics.meanings import TABLES as METRICS_TABLES
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.migrations import STORE_KIND, Kind, migrate
from reconciler.store.opening import in_memory


def describe() -> tuple[TableFacts, ...]:
    """Every table of a new store and of its measurements, in the order in which people read them."""
    settings = {(one.table, one.name): one.help for one in declared_columns()}
    measured = {(table, name): said for table, known in METRICS_COLUMNS.items() for name, said in known.items()}
    return (*_tables(STORE_KIND, TABLES, settings), *_tables(METRICS_KIND, METRICS_TABLES, measured))


def _tables(kind: Kind, said: Mapping[str, str], meanings: Mapping[tuple[str, str], str]) -> tuple[TableFacts, ...]:
    with closing(in_memory()) as connection:
        migrate(connection, now=0.0, migrations=kind.migrations, application=kind.application)
        made = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
        return tuple(
            TableFacts(name=name, meaning=text, columns=_columns(connection, name, made[name], meanings))
            for name, text in said.items()
        )


def _columns(
    connection: sqlite3.Connection, table: str, sql: str, meanings: Mapping[tuple[str, str], str]
) -> tuple[ColumnFacts, ...]:
    parents = {name: parent for _, _, parent, name, *_ in connection.execute(f"PRAGMA foreign_key_list({table})")}
    return tuple(
        ColumnFacts(
            name=name,
            type=kind,
            key=bool(key),
            required=bool(required),
            check=check_of(sql, name),
            references=parents.get(name, ""),
            meaning=meaning(table, name) or meanings.get((table, name), ""),
        )
        for _, name, kind, required, _, key in connection.execute(f"PRAGMA table_info({table})")
    )
