"""The store of a fleet that runs: what is done to the file, and what that means for the servers."""

import json
from pathlib import Path

from tests.support.sandbox import Sandbox


def test_servers_run_on_while_their_store_goes_back_and_comes_forth(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.apply()
    before, file = sandbox.pids(), sandbox.run("store", "backup").stdout.strip()
    sandbox.dedicated("c")
    sandbox.apply()
    newer = sandbox.run("store", "backup").stdout.strip()

    shown = sandbox.run("store", "restore", file).stdout

    assert "3 servers of this fleet run on as they are" in shown
    assert len(sandbox.processes()) == 3
    assert sandbox.run("store", "check").returncode == 0
    # The server that this store does not know is ours by its marks, and what it was made from is not known any more.
    assert {name: pid for name, pid in sandbox.pids().items() if name in before} == before
    sandbox.run("store", "restore", newer)
    assert sandbox.actions() == {}
    assert len(sandbox.processes()) == 3


def test_a_store_that_was_lost_with_its_directory_comes_back_from_an_export(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    before = sandbox.pids()
    sandbox.run("store", "export", str(tmp_path / "x.jsonl"))
    (sandbox.store / "store.db").unlink()

    sandbox.run("store", "import", str(tmp_path / "x.jsonl"))

    assert (sandbox.pids(), sandbox.actions()) == (before, {})


def test_an_export_of_a_running_fleet_holds_no_secret(sandbox: Sandbox) -> None:
    sandbox.document["server"]["api_key"] = {"env": "MY_KEY"}
    sandbox.dedicated("a", env={"CUDA_VISIBLE_DEVICES": "0"})
    sandbox.apply(MY_KEY="sk-PLANTED")
    document = sandbox.run("store", "export").stdout

    assert "PLANTED" not in document
    assert json.loads(document.splitlines()[0])["fleet"] == "test"


def test_the_directory_of_servers_that_run_is_not_moved(sandbox: Sandbox, tmp_path: Path) -> None:
    home = tmp_path / "reconciler/test"
    home.parent.mkdir()
    sandbox.store = home
    sandbox.dedicated("a")
    sandbox.apply()
    before = sandbox.pids()

    refused = sandbox.run("store", "rename", "other", exits=8, XDG_STATE_HOME=str(tmp_path))

    assert f"servers run from `{home}`" in refused.stderr
    assert "reconcile destroy" in refused.stderr
    assert (home.exists(), sandbox.pids()) == (True, before)

    sandbox.run("store", "rename", "other", "--keep-directory", XDG_STATE_HOME=str(tmp_path))
    sandbox.document["fleet"] = "other"
    assert (sandbox.actions(), sandbox.pids()) == ({}, before)


def test_a_store_whose_servers_are_stopped_moves_and_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.store = tmp_path / "reconciler/test"
    sandbox.store.parent.mkdir()
    sandbox.dedicated("a")
    sandbox.routed("b")
    sandbox.apply()
    sandbox.run("destroy", "-y")

    sandbox.run("store", "rename", "other", XDG_STATE_HOME=str(tmp_path))

    assert not sandbox.store.exists()
    sandbox.store, sandbox.document["fleet"] = tmp_path / "reconciler/other", "other"
    assert sandbox.run("store", "check").returncode == 0
    sandbox.apply()
    assert sorted(sandbox.pids()) == ["a", "b", "router"]
    assert sandbox.actions() == {}
