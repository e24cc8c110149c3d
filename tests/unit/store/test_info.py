"""Sizes come from SQLite where it can tell, and are estimates that say so where not."""

from pathlib import Path

import pytest

from reconciler.render.layout import text
from reconciler.render.store_text import info_text
from reconciler.store import MetricsWriter, info
from reconciler.store.info import store_info
from tests.support.stores import NOW, fill, open_writer


@pytest.fixture(name="filled")
def filled_store(tmp_path: Path) -> Path:
    with open_writer(tmp_path) as writer:
        fill(writer)
    return tmp_path


def test_tables_and_indexes_fill_the_file(filled: Path) -> None:
    found = store_info(filled)

    assert found.store.exact
    parts = sum(one.size or 0 for one in found.store.parts)
    assert parts + found.store.free == found.store.size
    assert found.store.path == str(filled / "store.db")


def test_without_dbstat_sizes_are_estimates(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "_sizes", lambda _connection: None)
    found = store_info(filled)

    assert not found.store.exact
    assert all((one.size or 0) > 0 for one in found.store.parts if one.rows)
    assert {one.size for one in found.store.parts if one.kind == "index"} == {None}
    assert "SIZE (estimated)" in text(info_text(found))


def test_measurements_that_cannot_be_read_are_left_out(filled: Path) -> None:
    MetricsWriter.open(filled, now=NOW).close()
    assert store_info(filled).metrics
    (filled / "metrics.db").write_bytes(b"x" * 5000)

    assert store_info(filled).metrics is None
