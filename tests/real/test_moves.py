"""Models that change their way of being served or their name, also where the new way does not work out."""

from pathlib import Path

import pytest

from reconciler.llama.argv import after
from tests.support.sandbox import Completion, Sandbox, get_json, wait_until


@pytest.fixture
def broken(sandbox: Sandbox) -> Path:
    """A file that looks whole and that no server can load: its architecture is unknown."""
    path = sandbox.directory / "broken.gguf"
    path.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    return path


@pytest.mark.invariant("I11", "I22")
def test_a_model_that_does_not_start_on_its_own_stays_with_the_router(sandbox: Sandbox, broken: Path) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    b = sandbox.children_of_router()["b"]
    sandbox.dedicated("a", path=str(broken))

    sandbox.apply(exits=5)

    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.children_of_router()["b"] == b
    assert sandbox.status()["a"]["serve"] == "router"
    sandbox.routed("a")
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_a_model_that_the_router_cannot_load_gets_its_own_process_back(sandbox: Sandbox, broken: Path) -> None:
    sandbox.routed("b")
    sandbox.dedicated("a")
    sandbox.apply()
    port = sandbox.status()["a"]["port"]
    sandbox.routed("a", path=str(broken))

    sandbox.apply(exits=5)

    row = sandbox.status()["a"]
    assert (row["serve"], row["ready"], row["port"]) == ("dedicated", True, port)
    assert sandbox.router_models() == {"b": "loaded"}
    sandbox.dedicated("a")
    assert sandbox.actions() == {}


@pytest.mark.invariant("I11")
def test_several_models_leave_the_router_at_once_while_another_changes(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b", "c", "d")
    sandbox.apply()
    d = sandbox.children_of_router()["d"]
    sandbox.dedicated("a", "b")
    sandbox.document["models"]["c"]["sampling"] = {"temperature": 0.25}

    sandbox.apply()

    assert sandbox.router_models() == {"c": "loaded", "d": "loaded"}
    assert sandbox.children_of_router()["d"] == d
    assert {name: row["ready"] for name, row in sandbox.status().items()} == dict.fromkeys(
        ("a", "b", "c", "d", "router"), True
    )
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_a_renamed_model_that_does_not_start_is_served_under_its_old_name(sandbox: Sandbox, broken: Path) -> None:
    sandbox.dedicated("old")
    sandbox.apply()
    del sandbox.document["models"]["old"]
    sandbox.dedicated("new", path=str(broken), moved_from="old")

    sandbox.apply(exits=5)

    assert [after("--alias", one.argv) for one in sandbox.processes()] == ["old"]
    assert sandbox.status()["old"]["ready"]


def test_a_rename_in_the_router_waits_for_the_running_request(sandbox: Sandbox) -> None:
    sandbox.routed("old", memory={"ctx_size": 8192})
    sandbox.routed("b")
    sandbox.apply()
    request = Completion(sandbox.router_port, tokens=4500, model="old")
    wait_until(lambda: any(one["is_processing"] for one in get_json(sandbox.router_port, "/slots?model=old")))
    del sandbox.document["models"]["old"]
    sandbox.routed("new", memory={"ctx_size": 8192}, moved_from="old")

    sandbox.apply()
    request.join(20)

    assert (request.error, request.tokens) == ("", 4500)
    assert sandbox.router_models() == {"new": "loaded", "b": "loaded"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I12")
def test_a_crash_during_a_rename_costs_no_second_restart(sandbox: Sandbox) -> None:
    sandbox.dedicated("old")
    sandbox.apply()
    del sandbox.document["models"]["old"]
    sandbox.dedicated("new", moved_from="old")
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="spawned")
    (started,) = sandbox.processes()

    sandbox.apply()

    assert [one.identity for one in sandbox.processes()] == [started.identity]
    assert sandbox.actions() == {}


@pytest.mark.invariant("I1")
def test_a_crash_during_a_rename_in_the_router_runs_no_model_twice(sandbox: Sandbox) -> None:
    sandbox.routed("old", "b")
    sandbox.apply()
    del sandbox.document["models"]["old"]
    sandbox.routed("new", moved_from="old")
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="loaded")
    del sandbox.document["models"]["new"]
    sandbox.dedicated("new")

    sandbox.apply()

    assert sandbox.router_models() == {"b": "loaded"}
    assert sorted(after("--alias", one.argv) for one in sandbox.processes() if "--alias" in one.argv) == ["b", "new"]
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_a_rename_in_a_restarted_router_goes_back_to_the_name_that_loads(sandbox: Sandbox, broken: Path) -> None:
    sandbox.routed("old", "b")
    sandbox.apply()
    del sandbox.document["models"]["old"]
    sandbox.routed("new", path=str(broken), moved_from="old")
    sandbox.document["router"]["models_max"] = 4

    sandbox.apply(exits=5)

    assert sandbox.router_models() == {"old": "loaded", "b": "loaded"}
    del sandbox.document["models"]["new"]
    sandbox.routed("old")
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_a_model_leaves_a_router_that_is_restarted_and_comes_back_when_it_fails(sandbox: Sandbox, broken: Path) -> None:
    sandbox.routed("a", "b", "c")
    sandbox.apply()
    sandbox.dedicated("a", path=str(broken))
    sandbox.dedicated("c")
    sandbox.document["router"]["models_max"] = 4

    sandbox.apply(exits=5)

    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.status()["c"]["ready"]
    sandbox.routed("a")
    assert sandbox.actions() == {}
