"""`reconcile store`: each command on a real store, told to people and to programs."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.render.schemas import SCHEMAS
from reconciler.runtime.store_lock import StoreLock
from reconciler.store import MetricsWriter, Store
from reconciler.store.layout import write_lineage
from tests.support.command import Ended, in_process, reconcile
from tests.support.stores import FILLED, LINEAGE, NOW, fill, open_writer
from tests.unit.store.test_metrics import FULL


@pytest.fixture(name="state")
def filled_store(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "state") as writer:
        fill(writer)
    with MetricsWriter.open(tmp_path / "state", now=NOW) as metrics:
        metrics.save(FULL)
    (tmp_path / "state").chmod(0o700)
    return tmp_path / "state"


def store(command: str, directory: Path, *args: str, exits: int = 0) -> Ended:
    ended = in_process("store", command, *args, "--store", str(directory))
    assert ended.code == exits, ended
    return ended


def told(command: str, directory: Path, *args: str, exits: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(store(command, directory, *args, "--format", "json", exits=exits).out)
    if schema := SCHEMAS.get(f"store-{'restore' if command == 'import' else command}"):
        jsonschema.validate(document, schema)
    return document


def test_info_says_what_is_in_it(state: Path) -> None:
    shown, document = store("info", state).out, told("info", state)

    assert "fleet    homelab, generation 1, 3 resources" in shown
    assert f"lineage  {LINEAGE}, serial 6" in shown
    assert (document["lineage"], document["serial"], document["generation"]) == (LINEAGE, 6, 1)
    rows = {one["name"]: one["rows"] for one in document["store"]["parts"] if one["kind"] == "table"}
    assert (rows["resources"], rows["runs"]) == (3, 2)
    assert document["metrics"]["path"] == str(state / "metrics.db")
    assert {"run/", "logs/", "backups/"} <= {one["name"] for one in document["beside"]}


@pytest.mark.parametrize(
    "words", [("info",), ("check",), ("migrate",), ("backup",), ("export",), ("vacuum",), ("rename", "new")], ids=str
)
def test_where_there_is_no_store_it_says_so_and_makes_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = store(words[0], tmp_path / "none", *words[1:], exits=1)

    assert f"error: there is no store in `{tmp_path}/none`" in ended.err
    assert not (tmp_path / "none").exists()


def test_check_ends_with_1_where_something_is_wrong(state: Path) -> None:
    assert store("check", state).out == f"ok  {state}: nothing was found\n"
    assert told("check", state) == {"format_version": "1.0", "directory": str(state), "ok": True, "findings": []}
    (state / "store.db").chmod(0o644)

    shown = store("check", state, exits=1).out
    document = told("check", state, exits=1)

    assert f"fix: `chmod 600 {state}/store.db`" in shown
    assert (document["ok"], [one["what"] for one in document["findings"]]) == (False, ["modes"])


def test_a_store_of_today_needs_no_migration(state: Path) -> None:
    assert "Nothing to migrate" in store("migrate", state).out
    assert told("migrate", state, "--dry-run")["migrations"] == []
    assert list((state / "backups").iterdir()) == []


def test_a_backup_is_written_beside_or_where_it_was_asked_for(state: Path, tmp_path: Path) -> None:
    beside = Path(store("backup", state).out.strip())
    named = told("backup", state, str(tmp_path / "x.db"))
    inside = Path(store("backup", state, str(tmp_path)).out.strip())

    assert (beside.parent, inside.parent) == (state / "backups", tmp_path)
    assert named == {"format_version": "1.0", "file": str(tmp_path / "x.db"), "bytes": beside.stat().st_size}
    assert {one.stat().st_mode & 0o777 for one in (beside, inside, tmp_path / "x.db")} == {0o600}
    assert "exists already" in store("backup", state, str(tmp_path / "x.db"), exits=64).err
    store("backup", state, str(tmp_path / "x.db"), "--replace")


def test_a_backup_is_made_while_a_writer_holds_the_store(state: Path) -> None:
    with lock(state), open_writer(state) as writer, writer._database.writing():
        writer._database.execute("DELETE FROM resources")
        file = Path(store("backup", state).out.strip())

    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT count(*) FROM resources").fetchone() == (3,)


def lock(directory: Path) -> StoreLock:
    return asyncio.run(StoreLock(directory / "lock", version="x", operation="apply").acquire())


@pytest.mark.parametrize(
    "words", [("restore", "x.db"), ("import", "x"), ("migrate",), ("vacuum",), ("rename", "b")], ids=str
)
def test_who_changes_a_store_waits_for_its_writer_and_gives_up_with_7(state: Path, words: tuple[str, ...]) -> None:
    file = Path(store("backup", state).out.strip())
    before = (state / "store.db").read_bytes()
    arguments = [str(file) if "x" in one else one for one in words[1:]]
    with lock(state):
        ended = store(words[0], state, *arguments, "--lock-timeout", "50ms", exits=7)

    assert "the store is being changed by `apply` of" in ended.err
    assert (state / "store.db").read_bytes() == before


def test_restore_says_what_is_there_now_and_where_the_rest_is(state: Path) -> None:
    file = store("backup", state).out.strip()
    shown = store("restore", state, file).out
    document = told("restore", state, file)

    assert f"The store in {state} is of generation 1 now." in shown
    assert "No server of this fleet runs." in shown
    assert (document["generation"], document["generation_before"], document["running"]) == (1, 1, 0)
    assert Path(document["backup"]).exists()
    assert store("check", state).code == 0


def test_the_store_of_another_fleet_is_refused_until_somebody_insists(state: Path, tmp_path: Path) -> None:
    file = store("backup", state).out.strip()
    (tmp_path / "other/run").mkdir(parents=True)
    write_lineage(tmp_path / "other", "another-lineage")

    assert "the store of another fleet" in store("restore", tmp_path / "other", file, exits=1).err
    store("restore", tmp_path / "other", file, "--accept-lineage")
    assert "generation 1" in store("info", tmp_path / "other").out


def test_what_was_exported_is_imported(state: Path, tmp_path: Path) -> None:
    document = store("export", state).out
    store("export", state, str(tmp_path / "x.jsonl"))
    assert (tmp_path / "x.jsonl").read_text() == document
    assert (tmp_path / "x.jsonl").stat().st_mode & 0o777 == 0o600

    store("import", tmp_path / "new", str(tmp_path / "x.jsonl"))

    assert store("export", tmp_path / "new").out == document
    assert '"metrics.metrics_history"' not in store("export", state, "--no-metrics").out
    assert "there is a store in" in store("import", state, str(tmp_path / "x.jsonl"), exits=1).err
    assert told("import", state, str(tmp_path / "x.jsonl"), "--replace")["backup"]
    assert "cannot read" in store("import", tmp_path / "z", str(tmp_path / "none"), exits=1).err


@pytest.mark.parametrize("command", ["backup", "export"])
def test_no_copy_is_written_over_what_somebody_needs(command: str, state: Path, tmp_path: Path) -> None:
    mine = tmp_path / "fleet.yaml"
    mine.write_text("mine")
    (tmp_path / "link").symlink_to(state)
    assert "exists already" in store(command, state, str(mine), exits=64).err
    for place in ("store.db", "lock", "run/lineage", "metrics.db", "new"):
        for directory in (state, tmp_path / "link"):
            ended = store(command, state, str(directory / place), "--replace", exits=64)
            assert "is a place of the store itself" in ended.err
    assert "is no file" in store(command, state, "/dev/null", "--replace", exits=64).err
    assert "there is no directory" in store(command, state, str(tmp_path / "none/x"), exits=64).err
    assert mine.read_text() == "mine"
    store(command, state, str(state / "backups/x"))
    store(command, state, str(mine), "--replace")
    assert mine.read_text(errors="replace") != "mine"


def test_ways_out_can_be_pasted_whatever_the_name_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "my state").mkdir()
    (tmp_path / "my state/store.db").write_bytes(b"damaged" * 1000)
    assert f"`mv '{tmp_path}/my state/store.db' " in store("info", tmp_path / "my state", exits=1).err


def test_vacuum_gives_space_back(state: Path) -> None:
    with closing(sqlite3.connect(state / "store.db", isolation_level=None)) as raw:
        raw.execute("UPDATE logs SET message = hex(zeroblob(500000))")
        raw.execute("UPDATE logs SET message = ''")
    document = told("vacuum", state)
    (before, after), (metrics, _) = ((one["before"], one["after"]) for one in document["files"])

    assert (before - after > 900_000, metrics > 0) == (True, True)
    with Store.open(state) as opened:
        assert opened.record().resources == FILLED.resources
    assert f"{state}/store.db" in store("vacuum", state).out


def named(tmp_path: Path, fleet: str) -> Path:
    """The directory where the store of a fleet is without `--store`."""
    return tmp_path / "reconciler" / fleet


def renamed(tmp_path: Path, *args: str, exits: int = 0) -> Ended:
    ended = reconcile("store", "rename", *args, cwd=tmp_path, XDG_STATE_HOME=str(tmp_path))
    assert ended.code == exits, ended
    return ended


@pytest.fixture(name="home")
def store_where_its_name_says(state: Path, tmp_path: Path) -> Path:
    named(tmp_path, "homelab").parent.mkdir()
    state.rename(named(tmp_path, "homelab"))
    (tmp_path / "fleet.yaml").write_text("version: 1\nfleet: homelab\n")
    return named(tmp_path, "homelab")


def fleet_of(directory: Path) -> str:
    with Store.open(directory) as opened:
        return opened.record().fleet


def test_a_store_moves_with_its_name(home: Path, tmp_path: Path) -> None:
    shown = renamed(tmp_path, "lab 2").out

    assert not home.exists()
    assert fleet_of(named(tmp_path, "lab 2")) == "lab 2"
    assert "The fleet `homelab` is `lab 2` now." in shown
    assert "Write `fleet: lab 2` into the configuration." in shown
    assert not (named(tmp_path, "lab 2") / "lock.info").exists()


def test_a_rename_that_was_cut_off_is_run_again(home: Path, tmp_path: Path) -> None:
    renamed(tmp_path, "lab", "--keep-directory")
    assert (fleet_of(home), home.exists()) == ("lab", True)
    renamed(tmp_path, "lab")

    assert fleet_of(named(tmp_path, "lab")) == "lab"


def test_a_store_that_was_put_elsewhere_stays_there(state: Path) -> None:
    shown = store("rename", state, "lab").out

    assert fleet_of(state) == "lab"
    assert f"--store {state}" in shown
    assert told("rename", state, "lab2")["fleet_before"] == "lab"
    with Store.open(state) as opened:
        serial = opened.record().serial
    assert "Nothing to rename: the fleet is `lab2` already." in store("rename", state, "lab2").out
    with Store.open(state) as opened:
        assert opened.record().serial == serial


def test_the_paths_of_logs_move_along(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "store.db", isolation_level=None)) as raw:
        raw.execute("UPDATE instances SET log = ?", (f"{home}/logs/uid-embed.log",))
    renamed(tmp_path, "lab")

    with closing(sqlite3.connect(named(tmp_path, "lab") / "store.db")) as raw:
        assert raw.execute("SELECT log FROM instances").fetchone() == (f"{named(tmp_path, 'lab')}/logs/uid-embed.log",)


def test_a_name_that_is_taken_or_cannot_be_one_is_refused(home: Path, tmp_path: Path) -> None:
    named(tmp_path, "lab").mkdir()

    assert "there is a store of a fleet `lab` already" in renamed(tmp_path, "lab", exits=1).err
    assert "cannot be the name of a fleet" in renamed(tmp_path, " x", exits=64).err
    assert fleet_of(home) == "homelab"


def test_help_lists_the_commands_of_the_group() -> None:
    shown = reconcile("store", "--help")
    names = ("info", "check", "migrate", "backup", "restore", "export", "import", "vacuum", "rename")

    assert (shown.code, [name for name in names if f"  {name} " not in shown.out]) == (0, [])
    assert reconcile("store").code == 64
    assert "Did you mean 'backup'?" in reconcile("store", "bakup").err
