"""Crashes and ^C in every action, and what comes to pass between the plan and its execution."""

import signal
import socket
import subprocess
from collections import Counter

import pytest

from reconciler.llama.argv import after
from reconciler.runtime import procfs
from tests.support.sandbox import Completion, Sandbox, free_port, get_json, wait_until

DURING = ["wave-journalled", "spawned", "step-done", "step-journalled"]


def served(sandbox: Sandbox) -> Counter[str]:
    """How many processes serve each name; the router's own has none."""
    return Counter(after("--alias", one.argv).split(",")[0] for one in sandbox.processes())


@pytest.mark.parametrize("point", DURING)
@pytest.mark.invariant("I1", "I11", "I12")
def test_a_crash_in_the_restart_of_the_router_ends_in_what_is_declared_then(sandbox: Sandbox, point: str) -> None:
    sandbox.routed("a", "b", "gone")
    sandbox.dedicated("d")
    sandbox.apply()
    kept = sandbox.pids()["d"]
    del sandbox.document["models"]["gone"]
    sandbox.document["router"]["models_max"] = 4
    sandbox.document["models"]["a"]["sampling"] = {"temperature": 0.25}
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT=point)
    sandbox.document["models"]["b"]["sampling"] = {"temperature": 0.5}
    sandbox.routed("new")

    sandbox.apply()

    assert sandbox.router_models() == {"a": "loaded", "b": "loaded", "new": "loaded"}
    assert served(sandbox) == {"": 1, "a": 1, "b": 1, "new": 1, "d": 1}
    assert sandbox.pids()["d"] == kept
    assert sandbox.actions() == {}


@pytest.mark.invariant("I12")
def test_two_crashes_in_a_row_lose_no_change(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", env={"WHICH": "one"})
    sandbox.apply()
    sandbox.document["models"]["a"]["env"] = {"WHICH": "two"}
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="spawned")
    sandbox.document["models"]["a"]["env"] = {"WHICH": "three"}
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="wave-journalled")

    sandbox.apply()

    (process,) = sandbox.processes()
    assert b"WHICH=three" in (procfs.environment(process.identity.pid) or b"")


@pytest.mark.invariant("I12")
def test_an_interrupted_restart_of_the_router_is_finished_by_the_next_apply(sandbox: Sandbox) -> None:
    sandbox.routed("a", memory={"ctx_size": 8192})
    sandbox.routed("b")
    sandbox.apply()
    request = Completion(sandbox.router_port, tokens=6000, model="a")
    wait_until(lambda: any(one["is_processing"] for one in get_json(sandbox.router_port, "/slots?model=a")))
    sandbox.document["router"]["models_max"] = 4
    sandbox.document["models"]["b"]["sampling"] = {"temperature": 0.25}
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: "waits for" in (process.stderr.readline() if process.stderr else ""))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    request.join(20)
    assert process.returncode == 130
    assert request.tokens == 6000
    router = sandbox.pids()["router"]

    sandbox.apply()

    assert sandbox.pids()["router"] == router
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I11", "I12")
def test_a_second_interruption_aborts_and_loses_nothing(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", memory={"ctx_size": 16_384}, health={"drain_timeout": 45})
    sandbox.dedicated("b")
    sandbox.apply()
    port = sandbox.status()["a"]["port"]
    # Long enough for a slow machine to come to the drain while it lasts.
    request = Completion(port, tokens=8000)
    wait_until(lambda: any(one["is_processing"] for one in get_json(port, "/slots")))
    before = sandbox.pids()
    sandbox.document["models"]["a"]["parallel"] = 2
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: "waits for" in (process.stderr.readline() if process.stderr else ""))
        process.send_signal(signal.SIGINT)
        wait_until(lambda: "Once more" in (process.stderr.readline() if process.stderr else ""))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 130
    assert sandbox.pids() == before

    sandbox.apply()
    request.join(20)

    assert request.tokens == 8000
    assert sandbox.pids()["b"] == before["b"]
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_one_broken_model_among_many_restarts_goes_back_alone(sandbox: Sandbox) -> None:
    broken = sandbox.directory / "broken.gguf"
    broken.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.routed("r1", "r2")
    sandbox.dedicated("a", "b", "c")
    sandbox.apply()
    for model in sandbox.document["models"].values():
        model["sampling"] = {"temperature": 0.25}
    for name in ("b", "r2"):
        sandbox.document["models"][name]["path"] = str(broken)
    sandbox.document["router"]["models_max"] = 5

    sandbox.apply("--parallelism", "1", exits=5)

    status = sandbox.status()
    assert {name: row["ready"] for name, row in status.items()} == dict.fromkeys(
        ("a", "b", "c", "r1", "r2", "router"), True
    )
    assert sandbox.router_models() == {"r1": "loaded", "r2": "loaded"}
    assert sandbox.actions() == {"model/b": "restart", "model/r2": "reload"}


@pytest.mark.invariant("I4", "I22")
def test_a_stranger_who_takes_the_port_after_the_plan_is_not_taken_for_the_server(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", memory={"ctx_size": 8192})
    sandbox.apply()
    before, port = sandbox.status()["a"]["port"], free_port()
    request = Completion(before, tokens=6000)
    wait_until(lambda: any(one["is_processing"] for one in get_json(before, "/slots")))
    sandbox.document["models"]["a"]["port"] = port
    argv = [str(sandbox.llama_server), "-m", str(sandbox.gguf), "--port", str(port), "-c", "256", "-t", "1"]
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: "waits for" in (process.stderr.readline() if process.stderr else ""))
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as stranger:
            try:
                wait_until(lambda: _answers(port))
                out, err = process.communicate(timeout=40)
            finally:
                stranger.kill()
    request.join(20)

    assert process.returncode == 5, out + err
    assert f"port {port} is taken by process {stranger.pid}" in out + err
    assert sandbox.status()["a"]["port"] == before
    assert sandbox.status()["a"]["ready"]


@pytest.mark.invariant("I22")
def test_a_router_that_cannot_come_back_on_its_new_port_goes_back_to_the_old_one(sandbox: Sandbox) -> None:
    sandbox.routed("a", memory={"ctx_size": 16_384})
    sandbox.routed("b")
    sandbox.apply()
    before, port = sandbox.router_port, free_port()
    request = Completion(before, tokens=7000, model="a")
    wait_until(lambda: any(one["is_processing"] for one in get_json(before, "/slots?model=a")))
    sandbox.document["router"]["port"] = port
    sandbox.document["models"]["b"]["sampling"] = {"temperature": 0.25}
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: "waits for" in (process.stderr.readline() if process.stderr else ""))
        with socket.create_server(("127.0.0.1", port)):
            out, err = process.communicate(timeout=40)
    request.join(20)

    assert process.returncode == 5, out + err
    assert request.tokens == 7000
    sandbox.document["router"]["port"] = before
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.actions() == {}


def _answers(port: int) -> bool:
    try:
        return bool(get_json(port, "/health"))
    except OSError:
        return False


def test_an_interruption_serves_every_model_again_that_the_router_has_let_go(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b", "c")
    sandbox.apply()
    sandbox.dedicated("a", "b", memory={"ctx_size": 8192})
    with sandbox.start("apply", "-y", "--parallelism", "1") as process:
        wait_until(lambda: "a: starting" in (process.stderr.readline() if process.stderr else ""))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)

    assert process.returncode == 130
    assert served(sandbox) == {"": 1, "a": 1, "b": 1, "c": 1}
    assert sandbox.actions() == {}
