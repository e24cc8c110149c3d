"""Files of several vintages at once, as they came to be: each version created what was missing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import LegacyError
from reconciler.legacy.source import open_source
from reconciler.legacy.vintage import vintage_of
from tests.support.legacy import COLUMNS, changed, fixture

LATER = ("embedding_size", "block_count", "head_count", "head_count_kv", "ffn_dim", "file_type", "favorite")
WITHOUT_UNIQUE = "V2a"


def started(path: Path, *vintages: str) -> Path:
    """A file that these versions of the dashboard were started on, one after the other."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for vintage in vintages:
            for table, declared in tables(vintage).items():
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({declared})")
            if vintage.startswith("J") and vintage >= "J4":
                add_columns(connection, LATER if vintage >= "J8" else LATER[:-1])
            if vintage.startswith("J") and vintage >= "J5":
                connection.execute("CREATE INDEX IF NOT EXISTS idx_metadata_key ON metadata(key)")
    return path


def tables(vintage: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in COLUMNS:
        if one["vintage"] == vintage and one["kind"] != "kvkey":
            unique = " UNIQUE" if one["column"] == "model_id" and vintage != WITHOUT_UNIQUE else ""
            found.setdefault(one["table"], []).append(f'"{one["column"]}" {one["sqltype"]}{unique}')
    return {table: ", ".join(columns) for table, columns in found.items()}


def add_columns(connection: sqlite3.Connection, names: tuple[str, ...]) -> None:
    there = {row[1] for row in connection.execute("PRAGMA table_info(models)")}
    for name in names:
        if name not in there:
            connection.execute(f"ALTER TABLE models ADD COLUMN {name} INTEGER DEFAULT 0")


@pytest.mark.parametrize(
    "vintages",
    [
        *(("V1",), ("V2a",), ("V2b",), ("V2c",)),
        *((f"J{number}",) for number in range(1, 10)),
        *(("V1", "V2a"), ("V1", "V2b"), ("V1", "V2c"), ("V2a", "J1"), ("V2b", "J4"), ("V2c", "J9")),
        ("V1", "V2b", "J9"),
        ("J9", "M004"),
        ("V1", "V2c", "J9", "M004"),
    ],
)
def test_a_mixture_is_recognised(vintages: tuple[str, ...], tmp_path: Path) -> None:
    with open_source(started(tmp_path / "mixed.db", *vintages)) as source:
        found = vintage_of(source)
    assert str(found) == "+".join(vintages).replace("M004", "M004b")
    assert found.notes == ()


@pytest.mark.parametrize(
    ("first", "later", "label"), [("J1", "J9", "J1+J8"), ("J4", "J5", "J5"), ("J2", "J4", "J2+J4")]
)
def test_an_old_file_that_later_code_opened_is_both(first: str, later: str, label: str, tmp_path: Path) -> None:
    with open_source(started(tmp_path / "mixed.db", first, later)) as source:
        assert str(vintage_of(source)) == label


def test_the_first_edition_of_the_migration_is_known_by_its_default(tmp_path: Path) -> None:
    path = changed(
        fixture("m004b_small.db", tmp_path),
        "UPDATE router_config SET value = json_set(value, '$.modelsPath', './models')",
    )
    with open_source(path) as source:
        assert str(vintage_of(source)) == "J9+M004a"


def test_tables_and_columns_that_no_version_had_are_named(tmp_path: Path) -> None:
    path = changed(
        fixture("j9_small.db", tmp_path), "CREATE TABLE notes (id)", "ALTER TABLE models ADD COLUMN colour TEXT"
    )
    with open_source(path) as source:
        notes = vintage_of(source).notes
    assert [(note.code, note.column) for note in notes] == [
        ("unknown_table", "notes"),
        ("unknown_column", "models.colour"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE models (id, title)",
        "CREATE TABLE logs (level, message)",
        "CREATE TABLE metadata (key, value)",
        "CREATE VIEW models AS SELECT 1 AS name, 2 AS model_path",
        "CREATE TABLE metrics (name, value)",
    ],
)
def test_a_table_of_the_same_name_is_not_enough(statement: str, tmp_path: Path) -> None:
    path = changed(tmp_path / "foreign.db", statement)
    with pytest.raises(LegacyError) as error, open_source(path) as source:
        vintage_of(source)
    assert error.value.kind == "unknown_schema"
