"""Whether the tables of a file are those that its migrations make: what was changed by hand, by name."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from reconciler.store.migrations import Kind, migrate
from reconciler.store.opening import in_memory
from reconciler.store.raw import quoted

_OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"


def drift(connection: Connection, kind: Kind, version: int) -> Iterator[str]:
    """A sentence for each table, column, index, view or trigger that is missing, more, or different."""
    with closing(in_memory()) as made:
        migrate(made, Path(":memory:"), now=0.0, migrations=kind.migrations[:version], application=kind.application)
        found, wanted = _objects(connection), _objects(made)
        for what, name in sorted(wanted.keys() - found.keys()):
            yield f"{what} `{name}` is missing"
        for what, name in sorted(found.keys() - wanted.keys()):
            yield f"{what} `{name}` was added by hand"
        for what, name in sorted(found.keys() & wanted.keys()):
            if found[what, name] != wanted[what, name]:
                yield from _different(what, name, connection, made)


def _objects(connection: Connection) -> dict[tuple[str, str], str]:
    return {(what, name): " ".join((sql or "").split()) for what, name, sql in connection.execute(_OBJECTS)}


def _different(what: str, name: str, connection: Connection, made: Connection) -> Iterator[str]:
    found, wanted = _columns(connection, name), _columns(made, name)
    if what != "table" or found == wanted:
        yield f"{what} `{name}` is not as the migrations make it"
        return
    for column in sorted(wanted.keys() - found.keys()):
        yield f"table `{name}` lacks the column `{column}`"
    for column in sorted(found.keys() - wanted.keys()):
        yield f"table `{name}` has a column `{column}` that was added by hand"
    for column in sorted(found.keys() & wanted.keys()):
        if found[column] != wanted[column]:
            yield f"the column `{column}` of table `{name}` is not as the migrations make it"


def _columns(connection: Connection, table: str) -> dict[str, tuple[object, ...]]:
    """By name: type, whether it may be empty, default, and place in the primary key."""
    return {row[1]: tuple(row[2:]) for row in connection.execute(f"PRAGMA table_xinfo({quoted(table)})")}
