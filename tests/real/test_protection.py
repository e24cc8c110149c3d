"""A protected model that left the files goes on, whatever happens around it."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from reconciler.llama.argv import after
from tests.support.sandbox import Sandbox, wait_until


@pytest.mark.invariant("I27")
def test_a_protected_model_of_the_router_comes_back_with_a_restarted_router(sandbox: Sandbox) -> None:
    sandbox.routed("kept", protect=True)
    sandbox.routed("other")
    sandbox.apply()
    del sandbox.document["models"]["kept"]
    sandbox.document["router"]["models_max"] = 4

    sandbox.apply(exits=8)

    assert sandbox.router_models() == {"kept": "loaded", "other": "loaded"}
    os.kill(sandbox.pids()["router"], signal.SIGKILL)
    wait_until(lambda: not sandbox.processes())
    sandbox.apply(exits=8)
    assert sandbox.router_models() == {"kept": "loaded", "other": "loaded"}
    assert sandbox.status()["kept"]["ready"]


def served(sandbox: Sandbox) -> dict[str, int]:
    """The pid of everything that is served, by name, whatever the store knows."""
    named = {after("--alias", one.argv).split(",")[0]: one.identity.pid for one in sandbox.processes()}
    return {name: pid for name, pid in named.items() if name}


@pytest.mark.invariant("I27")
@pytest.mark.parametrize("serve", ["dedicated", "router"])
def test_a_protected_model_is_not_renamed_before_its_mark_is_taken_off(sandbox: Sandbox, serve: str) -> None:
    declare = sandbox.dedicated if serve == "dedicated" else sandbox.routed
    declare("old", protect=True)
    declare("b")
    sandbox.apply()
    before = served(sandbox)
    old = sandbox.document["models"].pop("old")
    sandbox.document["models"]["new"] = {**old, "moved_from": "old"} | {"protect": False}

    assert "`protect: false` must be applied under this name" in sandbox.apply(exits=8).stdout
    sandbox.apply("--target", "new", exits=8)
    assert served(sandbox) == before

    new = sandbox.document["models"].pop("new")
    sandbox.document["models"]["old"] = {**old, "protect": False}
    sandbox.apply()
    assert served(sandbox) == before
    del sandbox.document["models"]["old"]
    sandbox.document["models"]["new"] = new
    sandbox.apply()
    assert served(sandbox).keys() == {"new", "b"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I19", "I27")
def test_nothing_protected_ends_by_destroy_a_saved_plan_or_another_store_of_the_same(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.dedicated("a", "b", protect=True)
    sandbox.routed("r", protect=True)
    sandbox.dedicated("c")
    sandbox.apply()
    before = served(sandbox)
    kept = {name: pid for name, pid in before.items() if name != "c"}
    for name in ("a", "r"):
        del sandbox.document["models"][name]
    file = tmp_path / "plan.json"
    sandbox.run("plan", "--out", str(file), "--max-stop", "100%")
    sandbox.run("apply", str(file), exits=8)
    assert served(sandbox) == before

    bundle = tmp_path / "store.json"
    sandbox.run("store", "export", str(bundle))
    for left in sandbox.store.glob("store.db*"):
        left.unlink()
    sandbox.run("store", "import", str(bundle))
    sandbox.apply(exits=8)
    assert served(sandbox) == before

    sandbox.run("destroy", "-y", exits=8)
    assert served(sandbox) == kept


@pytest.mark.invariant("I19", "I27")
@pytest.mark.parametrize("damage", ["emptied", "halved", "gone", "no files"])
def test_files_that_are_not_whole_stop_nothing(sandbox: Sandbox, damage: str) -> None:
    sandbox.dedicated("a", "b")
    sandbox.routed("r")
    sandbox.apply()
    before = served(sandbox)
    folder = sandbox.directory / "fleet"
    folder.mkdir()
    whole = folder / "fleet.yaml"
    sandbox.write()
    whole.write_text(sandbox.config.read_text())
    if damage == "emptied":
        whole.write_text("")
    elif damage == "halved":
        whole.write_text(whole.read_text()[: len(whole.read_text()) // 2])
    elif damage == "gone":
        shutil.rmtree(folder)
    else:
        whole.unlink()
    sandbox.config = folder
    sandbox.write = lambda: None  # type: ignore[method-assign] # the file is what this is about

    sandbox.apply(exits=1)

    assert served(sandbox) == before


@pytest.mark.invariant("I27")
def test_what_the_lost_store_may_have_protected_stays_until_it_is_declared_without(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b", protect=True)
    sandbox.apply()
    before = served(sandbox)
    for file in sandbox.store.glob("store.db*"):
        file.unlink()
    old = sandbox.document["models"].pop("b")

    assert "the store that knew whether it is protected was lost" in sandbox.apply(exits=8).stdout
    assert served(sandbox) == before
    sandbox.apply(exits=8)
    assert served(sandbox) == before

    sandbox.document["models"]["b"] = old | {"protect": False}
    sandbox.apply()
    del sandbox.document["models"]["b"]
    sandbox.apply()
    assert served(sandbox).keys() == {"a"}
