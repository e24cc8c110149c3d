"""The reference of the tables leaves nothing out, and describes nothing that is not there."""

import sqlite3
from pathlib import Path

from reconciler.render.store_markdown import store_markdown
from reconciler.store import MetricsWriter
from reconciler.store.description import describe
from reconciler.store.meanings import COLUMNS, EVERYWHERE, POLICIES, TABLES
from reconciler.store.metrics.meanings import COLUMNS as METRICS_COLUMNS
from reconciler.store.metrics.meanings import TABLES as METRICS_TABLES
from tests.support.stores import NOW, open_writer


def test_every_table_and_column_is_described(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "store.db")
    made = {name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    raw.close()

    assert set(TABLES) == made
    assert [f"{table.name}.{one.name}" for table in describe() for one in table.columns if not one.meaning] == []


def test_every_table_of_measurements_is_described(tmp_path: Path) -> None:
    MetricsWriter.open(tmp_path, now=NOW).close()
    raw = sqlite3.connect(tmp_path / "metrics.db")
    made = {name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    raw.close()

    assert {*METRICS_TABLES, "migrations"} == made
    assert {(table, name) for table, known in METRICS_COLUMNS.items() for name in known} == {
        (table.name, one.name) for table in describe() if table.name in METRICS_TABLES for one in table.columns
    }


def test_no_column_is_described_that_there_is_not() -> None:
    there = {(table.name, one.name) for table in describe() for one in table.columns}

    assert {(table, name) for table, known in COLUMNS.items() for name in known} - there == set()
    assert {*EVERYWHERE, *POLICIES} - {name for _, name in there} == set()


def test_the_diagram_shows_what_refers_to_what() -> None:
    text = store_markdown(describe())

    assert "models ||--o| model_memory_config : uid" in text
    assert "resources ||--o{ instances : uid" in text
    assert "| top_p | REAL | `top_p >= 0 AND top_p <= 1` | Choose among" in text
