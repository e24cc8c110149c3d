"""A change that fails goes back by itself; with `--on-failure rollback` everything that its run has changed does."""

import asyncio
import json
import os
import signal
from typing import Any

import pytest

from reconciler.api import (
    OnFailure,
    PlanOptions,
    RunReport,
    Store,
    apply,
    load,
    make_plan,
    observe,
    open_world,
)
from reconciler.llama.argv import after
from tests.support.sandbox import Sandbox, free_port, wait_until

MOST = int(os.environ.get("RECONCILE_UNDO", "2"))
"""How many of the cases below are run, the most telling first."""

KINDS = [("mixed", "8"), ("dedicated", "1"), ("router", "8"), ("mixed", "1"), ("dedicated", "8"), ("router", "1")]
TEN = [f"m{number}" for number in range(10)]
SEVENTH = TEN[6]


@pytest.fixture
def broken(sandbox: Sandbox) -> str:
    """A file that looks whole and that no server can load: its architecture is unknown."""
    path = sandbox.directory / "broken.gguf"
    path.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    return str(path)


def declare(sandbox: Sandbox, kind: str, **settings: Any) -> None:
    """Ten models: of their own, of the router, or five of each."""
    own = {"dedicated": TEN, "router": [], "mixed": TEN[::2]}[kind]
    sandbox.dedicated(*own, **settings)
    if routed := [name for name in TEN if name not in own]:
        sandbox.routed(*routed, **settings)


def contexts(sandbox: Sandbox) -> dict[str, str]:
    """What each served name was started with, by the command line of its process."""
    return {
        name.split(",")[0]: after("--ctx-size", one.argv)
        for one in sandbox.processes()
        if (name := after("--alias", one.argv))
    }


def results(report: str) -> dict[str, str]:
    document = json.loads(report.splitlines()[-1])
    return {one["resource"].removeprefix("model/"): one["result"] for one in document["outcomes"]}


@pytest.mark.invariant("I22")
@pytest.mark.parametrize(("kind", "parallelism"), KINDS[:MOST])
def test_of_ten_changes_whose_seventh_fails_the_others_stay(
    sandbox: Sandbox, broken: str, kind: str, parallelism: str
) -> None:
    declare(sandbox, kind)
    sandbox.apply()
    declare(sandbox, kind, memory={"ctx_size": 512})
    sandbox.document["models"][SEVENTH]["path"] = broken

    sandbox.apply("--parallelism", parallelism, exits=5)

    assert contexts(sandbox) == dict.fromkeys(TEN, "512") | {SEVENTH: "256"}
    assert sandbox.actions().keys() == {f"model/{SEVENTH}"}
    assert "failed before" in sandbox.run("plan").stdout


@pytest.mark.invariant("I22")
@pytest.mark.parametrize(("kind", "parallelism"), KINDS[:MOST])
def test_of_ten_changes_whose_seventh_fails_all_go_back_when_that_is_asked_for(
    sandbox: Sandbox, broken: str, kind: str, parallelism: str
) -> None:
    declare(sandbox, kind)
    sandbox.apply()
    before = json.loads(sandbox.config.read_text())
    declare(sandbox, kind, memory={"ctx_size": 512})
    sandbox.document["models"][SEVENTH]["path"] = broken

    run = sandbox.apply("--parallelism", parallelism, "--on-failure", "rollback", "--format", "json", exits=5)

    assert contexts(sandbox) == dict.fromkeys(TEN, "256")
    assert set(results(run.stdout).values()) <= {"restored", "skipped"}
    sandbox.document = before
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
@pytest.mark.parametrize("kind", ["mixed", "dedicated", "router"][:MOST])
def test_everything_that_a_run_did_goes_back(sandbox: Sandbox, broken: str, kind: str) -> None:
    declare(sandbox, kind)
    sandbox.document["models"]["m5"]["enabled"] = False
    sandbox.apply()
    before, old = json.loads(sandbox.config.read_text()), contexts(sandbox)
    models = sandbox.document["models"]
    for name in ("m0", "m1"):
        models[name]["memory"] = {"ctx_size": 512}
    models["m2"]["enabled"] = False
    models["m3"]["serve"] = "router" if models["m3"]["serve"] == "dedicated" else "dedicated"
    sandbox.document.setdefault("router", {"port": sandbox.pool[-1], "models_max": 0})
    models["renamed"] = models.pop("m4") | {"moved_from": "m4"}
    models["m5"]["enabled"] = True
    models["new"] = dict(models["m7"])
    models[SEVENTH]["path"] = broken
    del models["m8"]
    models["m9"]["protect"] = True

    run = sandbox.apply("--on-failure", "rollback", "--format", "json", exits=5)

    assert contexts(sandbox) == old
    assert "done" not in results(run.stdout).values()
    sandbox.document = before
    plan = sandbox.plan()
    assert [one for one in plan["changes"] if one["action"] != "keep" or one["fields"]] == []


@pytest.mark.invariant("I22")
def test_a_router_that_was_restarted_has_its_flags_and_models_again(sandbox: Sandbox, broken: str) -> None:
    sandbox.routed("a", "b", "gone")
    sandbox.dedicated("d")
    sandbox.apply()
    before, preset = json.loads(sandbox.config.read_text()), (sandbox.store / "run" / "router.ini").read_text()
    sandbox.document["router"]["models_max"] = 7
    sandbox.routed("new")
    del sandbox.document["models"]["gone"]
    sandbox.document["models"]["a"]["sampling"] = {"temperature": 0.25}
    sandbox.dedicated("d", path=broken)

    sandbox.apply("--on-failure", "rollback", exits=5)

    router = next(one for one in sandbox.processes() if "--models-preset" in one.argv)
    assert after("--models-max", router.argv) == "0"
    assert (sandbox.store / "run" / "router.ini").read_text() == preset
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded", "gone": "loaded"}
    assert sandbox.status()["d"]["ready"]
    sandbox.document = before
    assert sandbox.actions() == {}


def test_a_new_fleet_that_fails_in_part_leaves_nothing_but_the_cause(sandbox: Sandbox, broken: str) -> None:
    sandbox.dedicated("a", "b")
    sandbox.routed("r")
    sandbox.dedicated("bad", path=broken)

    said = sandbox.apply("--on-failure", "rollback", exits=5)

    assert sandbox.processes() == []
    assert set(sandbox.status()) == {"bad"}
    assert "went back because model/bad failed" in said.stderr


def test_a_protected_model_that_was_just_started_is_not_stopped_by_a_run_that_goes_back(
    sandbox: Sandbox, broken: str
) -> None:
    sandbox.dedicated("a", protect=True)
    sandbox.routed("r", protect=True)
    sandbox.dedicated("b")
    sandbox.dedicated("bad", path=broken)

    sandbox.apply("--on-failure", "rollback", exits=5)

    assert {name for name, row in sandbox.status().items() if row["ready"]} == {"a", "r", "router"}
    assert sandbox.router_models() == {"r": "loaded"}


@pytest.mark.invariant("I22")
def test_ports_that_were_handed_on_are_handed_back(sandbox: Sandbox, broken: str) -> None:
    first, second, third = free_port(), free_port(), free_port()
    sandbox.dedicated("a", port=first)
    sandbox.dedicated("b", port=second)
    sandbox.dedicated("c")
    sandbox.apply()
    sandbox.document["models"]["a"]["port"] = second
    sandbox.document["models"]["b"]["port"] = third
    sandbox.document["models"]["z"] = {"path": broken, "serve": "dedicated"}
    # The one that fails starts last, once both have their new ports.
    sandbox.apply("--on-failure", "rollback", exits=5)

    status = sandbox.status()
    assert {name: (status[name]["port"], status[name]["ready"]) for name in "ab"} == {
        "a": (first, True),
        "b": (second, True),
    }


@pytest.mark.invariant("I22")
def test_what_does_not_go_back_goes_on_as_it_is_and_the_others_go_back(sandbox: Sandbox, broken: str) -> None:
    old = sandbox.directory / "old.gguf"
    old.write_bytes(sandbox.gguf.read_bytes())
    sandbox.dedicated("a", "b", "c")
    sandbox.document["models"]["a"]["path"] = str(old)
    sandbox.apply()
    old.unlink()
    sandbox.dedicated("a", "b", memory={"ctx_size": 512})
    sandbox.document["models"]["c"]["path"] = broken

    run = sandbox.apply("--on-failure", "rollback", "--format", "json", exits=5)

    assert results(run.stdout) == {"a": "failed", "b": "restored", "c": "restored"}
    assert contexts(sandbox) == {"a": "512", "b": "256", "c": "256"}
    assert all(row["ready"] for row in sandbox.status().values())


@pytest.mark.invariant("I12", "I30")
@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("d", "undo-journalled"),
        ("r", "reloaded:2"),
        ("d", "spawned:2"),
        ("r", "undo-journalled"),
        ("d", "ready"),
        ("r", "load-asked:2"),
    ][:MOST],
)
def test_a_crash_on_the_way_back_of_one_change_ends_as_if_there_had_been_none(
    sandbox: Sandbox, broken: str, name: str, point: str
) -> None:
    sandbox.dedicated("d")
    sandbox.routed("r", "s")
    sandbox.apply()
    sandbox.document["models"][name]["path"] = broken
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT=point)

    sandbox.apply(exits=5)

    assert contexts(sandbox) == dict.fromkeys(("d", "r", "s"), "256")
    assert all(row["ready"] for row in sandbox.status().values())
    assert "failed before" in sandbox.run("plan").stdout


@pytest.mark.invariant("I12", "I30")
@pytest.mark.parametrize("point", ["spawned:5", "lines-restored", "wave-journalled:2", "ready:4"][:MOST])
def test_a_crash_while_a_run_goes_back_ends_in_what_is_declared(sandbox: Sandbox, broken: str, point: str) -> None:
    sandbox.dedicated("a", "b", "c")
    sandbox.apply()
    for name in ("a", "b"):
        sandbox.document["models"][name]["memory"] = {"ctx_size": 512}
    sandbox.document["models"]["c"]["path"] = broken
    sandbox.apply("--on-failure", "rollback", exits=137, RECONCILE_CRASHPOINT=point)

    sandbox.apply(exits=5)

    assert contexts(sandbox) == {"a": "512", "b": "512", "c": "256"}
    assert sandbox.actions() == {"model/c": "restart"}


def test_the_first_interruption_lets_a_run_go_back_to_its_end(sandbox: Sandbox, broken: str) -> None:
    sandbox.dedicated("a", "b", memory={"ctx_size": 8192})
    sandbox.apply()
    before = contexts(sandbox)
    sandbox.document["models"]["a"]["memory"] = {"ctx_size": 4096}
    sandbox.document["models"]["b"]["path"] = broken
    with sandbox.start("apply", "-y", "--on-failure", "rollback", "--parallelism", "1") as process:
        wait_until(lambda: "a: restoring" in (process.stderr.readline() if process.stderr else ""))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)

    assert process.returncode == 130
    assert contexts(sandbox) == before
    assert all(row["ready"] for row in sandbox.status().values())


def test_the_python_api_takes_a_run_back(sandbox: Sandbox, broken: str) -> None:
    sandbox.dedicated("a")
    sandbox.dedicated("bad", path=broken)
    sandbox.write()
    fleet = load(sandbox.config)
    world = open_world(fleet, sandbox.store, llama_server=str(sandbox.llama_server))

    async def run() -> RunReport:
        with Store.open(world.directory) as store:
            look = await observe(world, store.record(), fleet.spec)
        plan = make_plan(fleet.spec, look.record, look.seen, PlanOptions(origin=fleet.origin))
        return await apply(world, fleet, plan, on_failure=OnFailure.ROLLBACK)

    report = asyncio.run(run())

    assert {one.resource: str(one.result) for one in report.outcomes} == {
        "model/a": "restored",
        "model/bad": "failed",
    }
    assert report.exit_code == 5
    assert sandbox.processes() == []
