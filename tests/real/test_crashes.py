"""Losing the program, the store or the run directory while servers live."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from reconciler.apply.crashpoint import KILLED, VARIABLE
from reconciler.llama.argv import after
from tests.support.sandbox import Completion, Sandbox, free_port, get_json, wait_until

MANY = [f"m{number:02d}" for number in range(20)]


def aliases(sandbox: Sandbox) -> Counter[str]:
    """How many processes serve each name."""
    return Counter(name for one in sandbox.processes() if (name := after("--alias", one.argv)))


def kill_apply_midway(sandbox: Sandbox, at_least: int) -> None:
    """Kills an apply once some of its servers live."""
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: len(sandbox.processes()) >= at_least)
        process.kill()
        process.communicate()


@pytest.mark.invariant("I1", "I5", "I12")
def test_the_next_apply_converges_after_a_killed_one(sandbox: Sandbox) -> None:
    sandbox.dedicated(*MANY)
    kill_apply_midway(sandbox, 5)
    survivors = {one.identity for one in sandbox.processes()}

    sandbox.apply()

    assert aliases(sandbox) == dict.fromkeys(MANY, 1)
    assert survivors <= {one.identity for one in sandbox.processes()}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I12")
def test_a_server_that_a_killed_apply_told_to_end_is_started_anew_though_the_files_went_back(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", memory={"ctx_size": 16_384}, health={"drain_timeout": "100ms"})
    sandbox.apply()
    before = sandbox.pids()
    Completion(sandbox.status()["a"]["port"], tokens=12_000)
    wait_until(lambda: any(slot["is_processing"] for slot in get_json(sandbox.status()["a"]["port"], "/slots")))
    sandbox.document["models"]["a"]["parallel"] = 2
    sandbox.apply(exits=KILLED, **{VARIABLE: "term-sent"})
    del sandbox.document["models"]["a"]["parallel"]
    assert sandbox.pids() == before, "with a request in flight it lives on"

    sandbox.apply()

    assert sandbox.pids() != before
    assert sandbox.status()["a"]["ready"]
    assert sandbox.actions() == {}


@pytest.mark.parametrize("run_too", [False, True], ids=["store.db", "store.db and run"])
@pytest.mark.invariant("I1", "I5")
def test_children_are_found_again_when_the_store_is_lost(sandbox: Sandbox, *, run_too: bool) -> None:
    sandbox.dedicated(*MANY[:6])
    sandbox.routed("r1", "r2")
    sandbox.apply()
    before = {one.identity for one in sandbox.processes()}
    for file in sandbox.store.glob("store.db*"):
        file.unlink()
    if run_too:
        shutil.rmtree(sandbox.store / "run")

    assert set(sandbox.actions().values()) == {"adopt"}
    sandbox.apply()

    assert {one.identity for one in sandbox.processes() if "--models-preset" in one.argv} <= before
    dedicated = [
        one for one in sandbox.processes() if "--alias" in one.argv and one.argv[one.argv.index("--alias") + 1] in MANY
    ]
    assert {one.identity for one in dedicated} <= before
    assert len(dedicated) == 6
    assert sandbox.actions() == {}
    assert sandbox.router_models() == {"r1": "loaded", "r2": "loaded"}


@pytest.mark.parametrize("lost", ["store", "store and run"])
@pytest.mark.invariant("I1", "I12")
def test_a_killed_apply_whose_store_is_lost_too_starts_nothing_twice(sandbox: Sandbox, lost: str) -> None:
    sandbox.dedicated(*MANY)
    kill_apply_midway(sandbox, 5)
    survivors = {one.identity for one in sandbox.processes()}
    for file in sandbox.store.glob("store.db*"):
        file.unlink()
    if "run" in lost:
        shutil.rmtree(sandbox.store / "run")

    sandbox.apply()

    assert aliases(sandbox) == dict.fromkeys(MANY, 1)
    assert survivors <= {one.identity for one in sandbox.processes()}


@pytest.mark.invariant("I16")
def test_a_saved_plan_is_refused_on_another_world_and_names_what_moved(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.apply()
    sandbox.dedicated("c")
    file = sandbox.directory / "plan.json"
    sandbox.run("plan", "--out", str(file))
    os.kill(sandbox.pids()["a"], signal.SIGKILL)
    wait_until(lambda: len(sandbox.processes()) == 1)

    refused = sandbox.run("apply", str(file), exits=6)

    assert "model/a" in refused.stderr
    assert len(sandbox.processes()) == 1


def test_a_saved_plan_is_its_own_approval(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    file = sandbox.directory / "plan.json"
    sandbox.run("plan", "--out", str(file))

    sandbox.run("apply", str(file))

    assert sandbox.status()["a"]["ready"]
    sandbox.run("apply", str(file), exits=6)


def test_a_saved_plan_brings_the_place_of_its_configuration_into_the_record(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.dedicated("a")
    file = sandbox.directory / "plan.json"
    sandbox.run("plan", "--out", str(file))
    sandbox.run("apply", str(file))

    sandbox.config = tmp_path / "elsewhere" / "fleet.yaml"
    marker = sandbox.config.parent / ".git"
    marker.mkdir(parents=True)
    (marker / "config").write_text('[remote "origin"]\n\turl = https://git.example.org/another.git\n')

    assert "was applied from" in sandbox.run("plan").stdout


def test_a_second_apply_waits_and_says_for_whom(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    sandbox.document["models"]["a"]["parallel"] = 2
    with sandbox.start("apply", "-y", RECONCILE_CRASHPOINT="none") as first:
        wait_until((sandbox.store / "lock").exists)
        second = sandbox.apply()
        first.communicate(timeout=30)
    assert first.returncode == 0
    assert second.returncode == 0


def test_a_lock_that_is_held_too_long_exits_7_and_names_the_holder(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", memory={"ctx_size": 16_384}, health={"drain_timeout": "20s"})
    sandbox.apply()
    port = sandbox.status()["a"]["port"]
    request = Completion(port, tokens=9_000)
    wait_until(lambda: any(slot["is_processing"] for slot in get_json(port, "/slots")))
    sandbox.document["models"]["a"]["parallel"] = 2
    with sandbox.start("apply", "-y") as first:
        wait_until(lambda: _holds_the_lock(sandbox, first.pid))
        refused = sandbox.apply("--lock-timeout", "500ms", exits=7)
        first.communicate(timeout=40)
    request.join(20)
    assert first.returncode == 0
    assert str(first.pid) in refused.stderr


@pytest.mark.invariant("I12")
def test_an_interrupted_apply_finishes_its_step_and_exits_130(sandbox: Sandbox) -> None:
    sandbox.dedicated(*MANY)
    with sandbox.start("apply", "-y", "--parallelism", "1") as process:
        wait_until(lambda: len(sandbox.processes()) >= 2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    assert process.returncode == 130
    started = {one.identity for one in sandbox.processes()}

    sandbox.apply()

    assert started <= {one.identity for one in sandbox.processes()}
    assert aliases(sandbox) == dict.fromkeys(MANY, 1)


@pytest.mark.invariant("I11")
def test_a_server_that_the_user_runs_is_adopted_without_a_restart(sandbox: Sandbox) -> None:
    port = free_port()
    argv = [str(sandbox.llama_server), "-m", sandbox.gguf.name, "--port", str(port), "-c", "256", "-t", "1", "-np", "1"]
    with subprocess.Popen(
        argv, cwd=sandbox.gguf.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as own:
        try:
            sandbox.dedicated("mine", port=port)
            sandbox.write()
            wait_until(lambda: _listens(port))
            refused = sandbox.apply(exits=1)
            assert "reconcile adopt mine" in refused.stderr

            sandbox.run("adopt", "mine", "-y")

            assert sandbox.pids() == {"mine": own.pid}
            assert sandbox.actions() == {}
            sandbox.document["models"]["mine"]["memory"] = {"ctx_size": 512}
            changes = [one for one in sandbox.plan()["changes"] if one["action"] != "keep"]
            assert [one["fields"] for one in changes] == [
                [{"path": "memory.ctx_size", "before": 256, "after": 512, "effect": "restart"}]
            ]
            sandbox.apply()
            own.wait(10)
            assert sandbox.status()["mine"]["ready"]
        finally:
            if own.poll() is None:
                own.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_progress_and_report_are_ndjson_on_request(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    events = [json.loads(line) for line in sandbox.apply("--format", "json").stdout.splitlines()]
    assert events[-1]["outcomes"][0]["result"] == "done"
    assert any(event.get("stage") == "ready" for event in events[:-1])


def _holds_the_lock(sandbox: Sandbox, pid: int) -> bool:
    note = sandbox.store / "lock.info"
    return note.exists() and str(pid) in note.read_text()
