"""The rows that say something of a model, or of the server, put together: what was stored, and where."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from typing import NamedTuple

from reconciler.domain.frozen import frozen
from reconciler.legacy import columns
from reconciler.legacy.columns import ADVICE_TABLE, SERVER_TABLE, TABLES
from reconciler.legacy.options import Meaning, column_meaning, option_meaning
from reconciler.legacy.report import Code, Note
from reconciler.legacy.source import Row, Source
from reconciler.legacy.stored_json import read_object
from reconciler.legacy.values import Bad, Given, moment, shown, text


class Stored(NamedTuple):
    """
    One stored value that may be a wish; there are a hundred in every row.

    Attributes:
        place: `table.column`, or `table.column.key` within JSON.
        unset: what stands there when nobody said anything.
        by_hand: whether somebody wrote it into JSON, where everything is meant.
    """

    key: str
    meaning: Meaning
    value: object
    place: str
    unset: str = ""
    by_hand: bool = False


@frozen
class StoredModel:
    """
    Attributes:
        number: place in the source, from 1.
        name: as a text, as far as it is one.
        raw_name: as it is stored.
        shown: how messages name it.
        labels: what is known of it.
    """

    number: int
    name: str | None
    raw_name: object
    shown: str
    stored: tuple[Stored, ...]
    labels: Mapping[str, object]
    notes: tuple[Note, ...] = ()


@frozen
class StoredFleet:
    """All models in the order of the source, and the row of all servers."""

    models: tuple[StoredModel, ...]
    server: tuple[Stored, ...]
    notes: tuple[Note, ...] = field(default=())


def stored_fleet(source: Source) -> StoredFleet:
    """Reads every table with wishes."""
    notes: list[Note] = []
    names = {_key(row.get("id")): shown(row.get("name")) for row in source.rows("models")}
    children = {table: _newest(source, table, names, notes) for table in (*TABLES, ADVICE_TABLE)}
    server = _server_row(source)
    if "models" not in source.tables:
        said = "the file has no table `models`: the dashboard failed to create it, so there are none"
        notes.append(Note(code=Code.NO_MODELS_TABLE, message=said))
    scanned = _is_scanned(source)
    models = []
    for number, row in enumerate(source.rows("models"), 1):
        own = {table: rows[key] for table, rows in children.items() if (key := _key(row.get("id"))) in rows}
        models.append(_model(number, row, own, scanned=scanned, with_server=bool(server)))
    return StoredFleet(models=tuple(models), server=server, notes=tuple(notes))


def _is_scanned(source: Source) -> bool:
    """Whether the table is of the JavaScript vintages, whose scan of directories fills three columns by itself."""
    return "parameters" in source.columns("models") and "predict" not in source.columns("models")


def _model(number: int, row: Row, children: Mapping[str, Row], *, scanned: bool, with_server: bool) -> StoredModel:
    covered = _subjects(frozenset(column for child in children.values() for column in child))
    covered |= _subjects(columns.SERVER_COLUMNS) if with_server else frozenset()
    own = {column: value for column, value in row.items() if _subject(column) not in covered}
    wide = _of_row("models", own, scanned=scanned)
    tables = [one for table, child in children.items() if table in TABLES for one in _of_row(table, child)]
    notes: list[Note] = []
    named = text(row.get("name"))
    name = named.value if isinstance(named, Given) else None
    shown_name = name if name and name.strip() else f"model {number}"
    parts = [("models", row), *((table, child) for table, child in children.items() if table in TABLES)]
    written = [one for table, part in parts for one in _of_json(table, part, shown_name, notes)]
    return StoredModel(
        number=number,
        name=name,
        raw_name=row.get("name"),
        shown=shown_name,
        stored=(*wide, *tables, *written),
        labels={**_labels(children.get(ADVICE_TABLE, {})), **_labels(row, scanned=scanned)},
        notes=tuple(notes),
    )


def _of_row(table: str, row: Row, *, scanned: bool = False) -> Iterator[Stored]:
    for column, value in row.items():
        # Most of what is not set is NULL.
        if value is None or (scanned and column == "ctx_size") or not _is_wish(column):
            continue
        meaning = column_meaning(column)
        unset = (columns.UNSET_BY_SCAN if scanned else {}).get(column) or columns.UNSET.get(column, "")
        yield Stored(key=column, meaning=meaning, value=value, place=f"{table}.{column}", unset=unset)


def _of_json(table: str, row: Row, model: str, notes: list[Note]) -> Iterator[Stored]:
    for column in sorted(columns.JSON_OPTIONS & row.keys()):
        place = f"{table}.{column}"
        found = read_object(row[column])
        if isinstance(found, Bad):
            said = f"`{place}` of `{model}` is not used: {found.reason}"
            notes.append(Note(code=Code.BAD_JSON, message=said, model=model, column=place))
        elif isinstance(found, Given):
            for key, value in found.value.items():
                meaning = option_meaning(key)
                yield Stored(key=key, meaning=meaning, value=value, place=f"{place}.{key}", by_hand=True)


def _labels(row: Row, *, scanned: bool = False) -> dict[str, object]:
    found = {column: value for column, value in row.items() if column in columns.LABELS and value not in (None, "")}
    if scanned and row.get("ctx_size") is not None:
        found["context_window"] = row["ctx_size"]
    return found


def _newest(source: Source, table: str, names: Mapping[str, str], notes: list[Note]) -> dict[str, Row]:
    """One row for each model: the one that was written last."""
    found: dict[str, list[Row]] = {}
    for row in source.rows(table):
        found.setdefault(_key(row.get("model_id")), []).append(row)
    for key in [key for key in found if key not in names]:
        rows = found.pop(key)
        said = f"`{table}` has {len(rows)} row(s) of the model {shown(rows[0].get('model_id'))}, which is not there"
        notes.append(Note(code=Code.ORPHAN_ROWS, message=f"{said}: ignored", column=table))
    for key, rows in found.items():
        if len(rows) > 1:
            said = f"`{table}` has {len(rows)} rows of the model {names[key]}: the one written last is taken"
            notes.append(Note(code=Code.DUPLICATE_ROWS, message=said, column=table))
    return {key: max(rows, key=_age) for key, rows in found.items()}


def _server_row(source: Source) -> tuple[Stored, ...]:
    rows = sorted(source.rows(SERVER_TABLE), key=_age)
    return tuple(_of_row(SERVER_TABLE, rows[-1])) if rows else ()


def _age(row: Row) -> tuple[float, int]:
    written, number = moment(row.get("updated_at")), row.get("id")
    when = written.value.timestamp() if isinstance(written, Given) else 0.0
    return when, number if isinstance(number, int) else 0


def _key(identity: object) -> str:
    """SQLite compares 1, 1.0 and, by affinity, '1' as equal; so did the old program."""
    if isinstance(identity, float) and identity.is_integer():
        identity = int(identity)
    return identity.decode("utf-8", "backslashreplace") if isinstance(identity, bytes) else str(identity)


@cache
def _is_wish(column: str) -> bool:
    meaning = column_meaning(column)
    return meaning.known and not meaning.label


@cache
def _subjects(found: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_subject, found))


@cache
def _subject(column: str) -> str:
    """What a column is about, whatever a vintage calls it."""
    meaning = column_meaning(column)
    return meaning.setting or column
