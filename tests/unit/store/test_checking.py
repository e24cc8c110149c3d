"""Whatever is wrong with a store is found, with a way out; a sound one is said to be sound."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import StoreError
from reconciler.spec.record import Applied
from reconciler.store import MetricsWriter
from reconciler.store.backup import write_copy
from reconciler.store.columns import to_json
from reconciler.supervise.store_check import check
from tests.support.stores import EMBED, NOW, apply_lines, begin_run, fill, open_writer, report
from tests.unit.store.test_metrics import FULL


@pytest.fixture(name="store")
def sound_store(tmp_path: Path) -> Path:
    directory = tmp_path / "state"
    with open_writer(directory) as writer:
        fill(writer)
    with MetricsWriter.open(directory, now=NOW) as metrics:
        metrics.save(FULL)
    write_copy(directory / "store.db", directory / "backups/store-v1-x.db")
    return directory


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xa5" * 4096
    path.write_bytes(content)


def test_a_sound_store_has_no_findings_and_is_not_touched(store: Path) -> None:
    before = {one: one.read_bytes() for one in store.rglob("*") if one.is_file()}

    assert check(store) == ()
    assert {one: one.read_bytes() for one in store.rglob("*") if one.is_file()} == before


def test_where_there_is_no_store_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store in"):
        check(tmp_path)


def on_store(*statements: str) -> Callable[[Path], None]:
    return lambda directory: edit(directory / "store.db", *statements)


def empty_a_value(directory: Path) -> None:
    for before, after in (("message TEXT NOT NULL", "message TEXT"), ("message TEXT", "message TEXT NOT NULL")):
        with closing(sqlite3.connect(directory / "store.db", isolation_level=None)) as raw:
            raw.execute("PRAGMA writable_schema = ON")
            raw.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'logs'", (before, after))
        if after == "message TEXT":
            edit(directory / "store.db", "UPDATE logs SET message = NULL")


FOUND: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "more columns": (
        on_store("ALTER TABLE events ADD COLUMN note TEXT"),
        "schema",
        "`store.db`: table `events` has a column `note` that was added by hand",
    ),
    "fewer columns": (
        on_store("ALTER TABLE events DROP COLUMN detail"),
        "schema",
        "`store.db`: table `events` lacks the column `detail`",
    ),
    "another table": (on_store("CREATE TABLE mine (x)"), "schema", "`store.db`: table `mine` was added by hand"),
    "no index": (on_store("DROP INDEX steps_of_a_run"), "schema", "`store.db`: index `steps_of_a_run` is missing"),
    "a trigger": (
        on_store("CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END"),
        "schema",
        "`store.db`: trigger `t` was added by hand",
    ),
    "a weaker check": (
        on_store(
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (pid > 0)', '') WHERE name = 'instances'",
            "UPDATE sqlite_schema SET sql = replace(sql, ', ''forget''', '') WHERE name = 'steps'",
        ),
        "schema",
        "`store.db`: table `steps` is not as the migrations make it",
    ),
    "row without its parent": (
        on_store("DELETE FROM runs WHERE id = 2"),
        "references",
        "`store.db`: row 4 of table `steps` points to a row of `runs` that is not there",
    ),
    "checksum": (
        on_store("UPDATE migrations SET checksum = 'x' WHERE number = 1"),
        "migrations",
        "was made by another line of llama-reconciler: migration 1: expected `first`",
    ),
    "newer": (on_store("PRAGMA user_version = 99"), "file", "has version 99; this program knows versions up to"),
    "damaged": (lambda directory: damage(directory / "store.db"), "file", "is damaged"),
    "a value where none may be missing": (empty_a_value, "integrity", "`store.db`: NULL value in logs.message"),
    "no database": (
        lambda directory: (directory / "store.db").write_bytes(b"x" * 9000),
        "file",
        "is damaged: it is no SQLite database",
    ),
    "damaged measurements": (
        lambda directory: (directory / "metrics.db").write_bytes(b"x" * 9000),
        "file",
        "metrics.db` is damaged",
    ),
    "measurements by hand": (
        lambda directory: edit(directory / "metrics.db", "CREATE TABLE mine (x)"),
        "schema",
        "`metrics.db`: table `mine` was added by hand",
    ),
    "damaged backup": (
        lambda directory: damage(directory / "backups/store-v1-x.db"),
        "backups",
        "backups/store-v1-x.db` is damaged: ",
    ),
    "a text that is no JSON": (
        on_store("UPDATE instances SET argv = '['"),
        "file",
        "`instances.argv` cannot be read: expected JSON",
    ),
    "two values for one": (on_store("UPDATE instances SET argv = '[],[]'"), "file", "one JSON value in each row"),
    "what is no mapping": (on_store("UPDATE models SET other = '[1]'"), "file", "`models.other` cannot be read"),
    "a generation that is no JSON": (on_store("UPDATE generations SET spec = '{'"), "file", "`generations` cannot be"),
    "a serial that is no number": (
        on_store("UPDATE metadata SET value = 'abc' WHERE key = 'serial'"),
        "file",
        "`metadata.serial` cannot be read: expected a number, got `abc`",
    ),
    "lineage": (
        lambda directory: (directory / "run/lineage").write_text("other\n"),
        "lineage",
        "`run/lineage` says `other`",
    ),
    "lineage gone": (lambda directory: (directory / "run/lineage").unlink(), "lineage", "`run/lineage` says `none`"),
    "mode of the file": (
        lambda directory: (directory / "store.db").chmod(0o644),
        "modes",
        "store.db`: expected mode 600, got 644",
    ),
    "mode of the directory": (lambda directory: directory.chmod(0o755), "modes", "expected mode 700, got 755"),
}


@pytest.mark.parametrize(("spoil", "what", "said"), FOUND.values(), ids=FOUND.keys())
def test_it_is_found(store: Path, spoil: Callable[[Path], object], what: str, said: str) -> None:
    spoil(store)
    found = check(store)

    assert any(one.what == what and said in one.found for one in found), found
    assert all(one.fix for one in found)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_another_user_is_found(store: Path) -> None:
    os.chown(store / "store.db", 12345, 12345)

    assert [(one.what, one.fix) for one in check(store)] == [
        ("modes", f"`chown 0 {store}/store.db`, or run as its owner")
    ]


def test_a_document_that_is_no_spec_any_more_is_found(store: Path) -> None:
    assert EMBED.applied
    wrong = Applied(spec_version=1, serve="dedicated", document={**EMBED.applied.document, "server": {"theads": 4}})
    with open_writer(store) as writer:
        apply_lines(writer, replace(EMBED, applied=wrong), now=NOW + 10)

    (found,) = check(store)
    assert (found.what, "what was applied for `model/embed` is no spec" in found.found) == ("documents", True)
    assert found.found.endswith("is no spec: `theads`: Extra inputs are not permitted")


def test_a_value_that_no_setting_takes_is_not_shown(store: Path) -> None:
    wrong = to_json({"env": {"KEY": ["sk-PLANTED"]}, "sk_planted": "sk-PLANTED"})
    edit(store / "store.db", f"UPDATE models SET other = '{wrong}'")  # noqa: S608 - ours

    (found,) = check(store)
    assert "`env.KEY`: Input should be a valid string; `sk_planted`: Extra inputs" in found.found
    assert "PLANTED" not in found.found


def test_a_generation_that_is_no_fleet_is_found(store: Path) -> None:
    with open_writer(store) as writer:
        run = begin_run(writer, fleet_document={"version": 1, "flet": "x"})
        writer.put(EMBED, NOW)
        writer.finish_run(run, report(run), NOW)
        if writer.record().generation == 1:
            edit(store / "store.db", "UPDATE generations SET spec = '{\"flet\": 1}'")

    (found,) = check(store)
    assert "is no fleet" in found.found
