"""
The columns that the settings ask for, and the statements that a migration lacks.

A migration is literal, so that it says tomorrow what it says today; a test finds here whether one was forgotten, while
`store check` holds a file against the migrations. A column whose setting is gone stays, and is read and written on.
"""

import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from reconciler.domain.frozen import frozen
from reconciler.spec.base import Spec, fields, spec_within
from reconciler.spec.marks import Limit
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.policy import LoggingSpec
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.setting import SettingInfo
from reconciler.store.database import Database
from reconciler.store.tables import section_table

BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
SQL = {int: "INTEGER", float: "REAL", str: "TEXT"}
KEYWORDS = frozenset({"escape"})
"""Names of settings that SQL takes for its own."""


@frozen
class Column:
    """
    One setting as a column.

    Attributes:
        check: what a value must be; empty where the type says it all.
        help: what the setting does.
    """

    table: str
    name: str
    type: str
    check: str = ""
    help: str = ""

    @property
    def definition(self) -> str:
        """As a statement says it."""
        return f"{quoted(self.name)} {self.type}" + (f" CHECK ({self.check})" if self.check else "")


class _Shape(NamedTuple):
    """One alternative of a type: how it is kept, and what is asked of it; `{}` stands for the name."""

    type: str
    check: str = ""


def quoted(name: str) -> str:
    """A name as SQL reads it."""
    return f'"{name}"' if name in KEYWORDS else name


def declared_columns() -> tuple[Column, ...]:
    """Every setting as the column that it should have."""
    sections = {one: owner for one in SECTIONS if (owner := spec_within(fields(ModelSpec)[one].kind))}
    tables = {section_table(one): owner for one, owner in sections.items()}
    return (
        *columns_of("models", ModelSpec, leave_out=SECTIONS),
        *(column for table, owner in tables.items() for column in columns_of(table, owner)),
        *columns_of("model_server_config", ServerSpec),
        *columns_of("router_config", RouterSpec),
        *columns_of("logging_config", LoggingSpec),
    )


def columns_of(table: str, owner: type[Spec], prefix: str = "", leave_out: tuple[str, ...] = ()) -> Iterator[Column]:
    """The columns that the settings of one class ask for."""
    for name, field in fields(owner).items():
        if name in leave_out:
            continue
        if inner := spec_within(field.kind):
            yield from columns_of(table, inner, f"{prefix}{name}_")
            continue
        info = field.declared if isinstance(field.declared, SettingInfo) else None
        shape = _shape(tuple(_shapes(field.kind, info.constraints if info else {})))
        column = prefix + name
        check = shape.check.replace("{}", quoted(column))
        yield Column(table=table, name=column, type=shape.type, check=check, help=info.help if info else "")


def missing(database: Database, columns: tuple[Column, ...] | None = None) -> tuple[str, ...]:
    """The statements of the migration that is missing; none when the tables hold all that the spec declares."""
    wanted: dict[str, list[Column]] = {}
    for column in declared_columns() if columns is None else columns:
        wanted.setdefault(column.table, []).append(column)
    tables: dict[str, str] = dict(database.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
    return tuple(
        statement
        for table, ours in wanted.items()
        for statement in _statements(table, " ".join(tables[table].split()), ours)
    )


def _statements(table: str, sql: str, columns: list[Column]) -> Iterator[str]:
    changed, added = sql, []
    for column in columns:
        found = _definition(sql, column.name)
        if found is None:
            added.append(f"ALTER TABLE {table} ADD COLUMN {column.definition}")
        elif found.replace(" NOT NULL", "") != column.definition:
            changed = changed.replace(found, column.definition)
    if changed != sql:
        # SQLite cannot change a column: the table is made anew.
        yield re.sub(rf'CREATE TABLE "?{table}"? ', f"CREATE TABLE {table}_new ", changed)
        yield f"INSERT INTO {table}_new SELECT * FROM {table}"  # noqa: S608 - our own names
        yield f"DROP TABLE {table}"
        yield f"ALTER TABLE {table}_new RENAME TO {table}"
    yield from added


def check_of(sql: str, column: str) -> str:
    """What a table asks of a column; empty when nothing."""
    _, _, check = (_definition(" ".join(sql.split()), column) or "").partition(" CHECK ")
    return check[1:-1]


def _definition(sql: str, name: str) -> str | None:
    """A column as the table was made with it, in one line."""
    found = re.search(
        rf"[(,] ({re.escape(quoted(name))} [A-Z]+(?: PRIMARY KEY)?(?: NOT NULL)?(?: UNIQUE)?(?: DEFAULT \S+)?)", sql
    )
    if not found:
        return None
    rest = sql[found.end() :]
    return found[1] + (f" CHECK {_balanced(rest[7:])}" if rest.startswith(" CHECK ") else "")


def _balanced(text: str) -> str:
    """A text up to the bracket that closes its first one."""
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return text[: position + 1]
    return text


def _shape(alternatives: tuple[_Shape, ...]) -> _Shape:
    """One column for all alternatives; where they are of different types, each says its own."""
    if len(alternatives) == 1:
        return alternatives[0]
    checks = (
        one.check
        if " IN " in one.check
        else " AND ".join(filter(None, (f"typeof({{}}) = '{one.type.lower()}'", one.check)))
        for one in alternatives
    )
    return _Shape("ANY", " OR ".join(checks))


def _shapes(kind: Any, bounds: Mapping[str, Any]) -> Iterator[_Shape]:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *marks = get_args(kind)
        more = {key: value for one in marks if isinstance(one, Limit) for key, value in one.constraints.items()}
        yield from _shapes(inner, {**bounds, **more})
    elif origin in {Union, UnionType}:
        for one in get_args(kind):
            yield from _shapes(one, bounds)
    elif origin is Literal:
        # In an order of their own: Python takes literals in another order for the same type.
        words = sorted(get_args(kind))
        yield _Shape(SQL[type(words[0])], f"{{}} IN ({', '.join(map(repr, words))})")
    elif origin is not None:
        # Older SQLite answers 0 for NULL, newer ones NULL.
        yield _Shape("TEXT", "{} IS NULL OR json_valid({})")
    elif kind is bool:
        yield _Shape("INTEGER", "{} IN (0, 1)")
    elif kind is not NoneType:
        limits = (f"{{}} {BOUNDS[key]} {value!r}" for key, value in bounds.items() if key in BOUNDS)
        yield _Shape(SQL[kind], " AND ".join(limits) if kind is not str else "")
