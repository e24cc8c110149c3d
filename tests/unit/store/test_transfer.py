"""An export holds all of a store, and an import takes all of it or nothing."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.domain.stored import Replaced
from reconciler.errors import StoreError
from reconciler.store import MetricsWriter, Store
from reconciler.store.migrations import MIGRATIONS
from reconciler.store.raw import quoted, tables
from reconciler.store.transfer.exporting import export
from reconciler.store.transfer.importing import Insist, import_store
from reconciler.store.transfer.values import decoded, encoded, text_or_bytes
from tests.support.stores import ANN, EMBED, FILLED, NOW, apply_lines, fill, open_writer
from tests.unit.store.test_metrics import FULL

GOLDEN = sorted((Path(__file__).parents[2] / "fixtures/stores").iterdir())
VALUES = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.binary().map(text_or_bytes)
)


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, with the type that each value has in the file."""
    with closing(sqlite3.connect(path)) as raw:
        raw.text_factory = bytes
        found = {}
        names = [str(name, "ascii") for name in cast("list[bytes]", tables(raw))]
        for name in names:
            columns = [row[1].decode() for row in raw.execute(f"PRAGMA table_info({quoted(name)})")]
            both = ", ".join(f"{quoted(one)}, typeof({quoted(one)})" for one in columns)
            found[name] = raw.execute(f"SELECT {both} FROM {quoted(name)}").fetchall()  # noqa: S608 - our own names
        return found


def lines(directory: Path) -> list[str]:
    return list(export(directory, program="this one"))


def imported(directory: Path, document: list[str], **insist: bool) -> Replaced:
    source = (line.encode() for line in document)
    return import_store(directory, Path("x.jsonl"), source, now=NOW, actor=ANN, insist=Insist(**insist))


def odd(directory: Path) -> None:
    """Values that JSON does not hold by itself."""
    with closing(sqlite3.connect(directory / "store.db", isolation_level=None)) as raw:
        for number, at in enumerate((float("inf"), -0.0, 1e-308)):
            values = (2**62 + number, at, '\0a\n"ü\u2028')
            raw.execute(
                "INSERT INTO events (id, at, who, what, resource, result, detail) "
                "VALUES (?, ?, ?, '', '', '', CAST(x'ff00fe' AS TEXT))",
                values,
            )


@given(VALUES)
def test_every_value_of_sqlite_comes_back_as_it_was(value: Any) -> None:
    back = decoded(json.loads(json.dumps(encoded(value), allow_nan=False)))

    assert (back, type(back), repr(back)) == (value, type(value), repr(value))


@pytest.mark.parametrize("wrong", [True, [], {}, {"blob": 1}, {"blob": "!"}, {"int": "x"}, {"a": "", "b": ""}], ids=str)
def test_what_is_no_value_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|literal|base64"):
        decoded(wrong)


def test_a_store_comes_back_row_for_row_and_type_for_type(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    with open_writer(first) as writer:
        fill(writer)
    with MetricsWriter.open(first, now=NOW) as metrics:
        metrics.save(FULL)
    odd(first)
    document = lines(first)
    replaced = imported(second, document)

    assert rows(second / "store.db") == rows(first / "store.db")
    assert rows(second / "metrics.db") == rows(first / "metrics.db")
    assert lines(second) == document
    assert (replaced.version, replaced.generation, replaced.backup) == (len(MIGRATIONS), 1, "")
    assert {one.stat().st_mode & 0o777 for one in second.glob("*.db")} == {0o600}
    assert not (second / ".new").exists()
    with Store.open(second) as store:
        assert store.record() == FILLED


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_export_of_every_version_is_imported_and_brought_to_today(path: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(path, tmp_path / "old/store.db")
    imported(tmp_path / "new", lines(tmp_path / "old"))

    with Store.open(tmp_path / "new") as store:
        assert store.record() == replace(FILLED, max_stop=None)
    with closing(sqlite3.connect(tmp_path / "new/store.db")) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_writer_does_not_wait_for_whoever_reads_an_export(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
        reading = export(tmp_path, program="this one")
        begun = [next(reading) for _ in range(3)]
        apply_lines(writer, EMBED, now=NOW + 10)
        whole = begun + list(reading)

    assert json.loads(whole[-1]) == {"end": True, "rows": len(whole) - 2}
    assert len(lines(tmp_path)) > len(whole)


Edit = Callable[[list[str]], list[str]]


def header(**facts: Any) -> Edit:
    return lambda document: [json.dumps(json.loads(document[0]) | facts) + "\n", *document[1:]]


def row(table: str, **facts: Any) -> Edit:
    """The first row of a table with other values."""

    def edit(document: list[str]) -> list[str]:
        parsed = [json.loads(line) for line in document]
        at = next(at for at, one in enumerate(parsed) if one.get("table") == table)
        parsed[at]["row"] |= facts
        return [*document[:at], json.dumps(parsed[at]) + "\n", *document[at + 1 :]]

    return edit


WRONG: dict[str, tuple[Edit, str]] = {
    "nothing": (lambda _: [], "expected the first line of an export"),
    "no export": (lambda _: ['{"a": 1}\n'], r"x.jsonl:1: expected the first line of an export"),
    "no JSON": (lambda document: [*document[:3], "{", *document[3:]], r"x.jsonl:4: expected a JSON document"),
    "no end of brackets": (lambda document: [*document[:3], "[" * 100_000], r"x.jsonl:4: expected a JSON document"),
    "no object": (lambda document: [*document[:3], "[]\n", *document[3:]], r"x.jsonl:4: expected a JSON object"),
    "cut off": (lambda document: document[:-1], "the export is cut off after this line"),
    "cut off early": (lambda document: document[:1], "the export is cut off after this line"),
    "a line is missing": (lambda document: [*document[:5], *document[6:]], r"expected \d+ rows before this line"),
    "more after the end": (lambda document: [*document, document[1]], "expected nothing after the last line"),
    "newer store": (header(store_version=99), r"has `store_version` 99; this program knows versions up to \d+"),
    "newer metrics": (header(metrics_version=99), "has `metrics_version` 99"),
    "version is no number": (header(store_version="1"), "expected a `store_version` from 1"),
    "version is a truth": (header(store_version=True), "expected a `store_version` from 1"),
    "version none": (header(store_version=0), "expected a `store_version` from 1"),
    "newer format": (header(format_version="2.0"), "expected format version 1.0, got 2.0"),
    "unknown table": (
        lambda document: [*document[:3], '{"table": "extra", "row": {}}\n', *document[3:]],
        r"x.jsonl:4: there is no table `extra`",
    ),
    "measurements without a version": (
        lambda document: [*document[:3], '{"table": "metrics.metrics_history", "row": {}}\n', *document[3:]],
        "expected no measurements",
    ),
    "unknown column": (row("events", extra=1), "expected a row of `events` with the columns id, at"),
    "no value": (row("events", detail=[]), "a value of `events` cannot be read"),
    "number too large": (row("runs", id=2**70), "a value of `runs` cannot be read"),
    "type": (row("runs", started_at="noon"), "table `runs` does not take this row"),
    "check": (row("steps", action="dance"), "table `steps` does not take this row"),
    "twice": (row("metadata", key="fleet"), "table `metadata` does not take this row"),
    "reference": (row("steps", run=99), "1 rows point nowhere; the first is in table `steps`"),
    "migrations": (row("migrations", checksum="x"), "another line of llama-reconciler"),
    "migrations missing": (row("migrations", number=9), "is damaged"),
}


@pytest.mark.parametrize(("edit", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_whole_export_is_refused_at_its_line_and_nothing_is_made(
    tmp_path: Path, edit: Edit, said: str
) -> None:
    with open_writer(tmp_path / "a") as writer:
        fill(writer)
    document = edit(lines(tmp_path / "a"))

    with pytest.raises(StoreError, match=said):
        imported(tmp_path / "b", document)
    with Store.open(tmp_path / "b") as store:
        assert store.record().generation == 0
    assert list((tmp_path / "b").iterdir()) == []
    imported(tmp_path / "b", lines(tmp_path / "a"))


def test_a_store_that_is_there_is_replaced_only_on_demand_and_kept(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a") as writer:
        fill(writer)
    document = lines(tmp_path / "a")
    with pytest.raises(StoreError, match="there is a store in") as caught:
        imported(tmp_path / "a", document)
    assert "--replace" in caught.value.hint

    replaced = imported(tmp_path / "a", document, replace=True)

    assert Path(replaced.backup).exists()
    with Store.open(tmp_path / "a") as store:
        record = store.record()
        assert (record.resources, record.serial > FILLED.serial) == (FILLED.resources, True)
        assert store.events()[0].what == "store import"


def test_measurements_that_cannot_be_read_are_left_out_of_an_export(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
    (tmp_path / "metrics.db").write_bytes(b"x" * 5000)
    document = lines(tmp_path)

    assert json.loads(document[0])["metrics_version"] is None
    assert not any('"metrics.' in line for line in document)
