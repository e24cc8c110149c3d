"""The newest tables as they are made, with what every column means: what docs/store.md is written from."""

import sqlite3
from contextlib import closing

from reconciler.domain.tables import ColumnFacts, TableFacts
from reconciler.store.declared import check_of, declared_columns
from reconciler.store.meanings import TABLES, meaning
from reconciler.store.migrations import migrate


def describe() -> tuple[TableFacts, ...]:
    """Every table of a new store, in the order in which people read them."""
    settings = {(one.table, one.name): one.help for one in declared_columns()}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, now=0.0)
        made = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
        return tuple(
            TableFacts(name=name, meaning=said, columns=_columns(connection, name, made[name], settings))
            for name, said in TABLES.items()
        )


def _columns(
    connection: sqlite3.Connection, table: str, sql: str, settings: dict[tuple[str, str], str]
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
            meaning=meaning(table, name) or settings.get((table, name), ""),
        )
        for _, name, kind, required, _, key in connection.execute(f"PRAGMA table_info({table})")
    )
