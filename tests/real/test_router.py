"""The router, driven as a user drives it: the whole command against both builds of llama-server in router mode."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import Completion, Sandbox, get_json, wait_until


@pytest.fixture
def sandbox(tmp_path: Path, gguf: Path, each_build: Path) -> Iterator[Sandbox]:
    """Every test of this file runs on both: what the router does moves from build to build."""
    box = Sandbox(tmp_path, gguf, each_build)
    yield box
    box.end()


@pytest.mark.invariant("I11")
def test_a_changed_model_is_loaded_again_and_the_others_keep_their_pid(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b", "c")
    sandbox.apply()
    before = sandbox.children_of_router()
    sandbox.document["models"]["b"]["sampling"] = {"temperature": 0.25}

    assert sandbox.actions() == {"model/b": "reload"}
    sandbox.apply()

    after = sandbox.children_of_router()
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded", "c": "loaded"}
    assert (after["a"], after["c"]) == (before["a"], before["c"])
    assert after["b"] != before["b"]
    assert sandbox.actions() == {}


def test_a_reload_waits_for_the_running_request_of_the_changed_model(sandbox: Sandbox) -> None:
    sandbox.routed("a", memory={"ctx_size": 8192})
    sandbox.routed("b")
    sandbox.apply()
    request = Completion(sandbox.router_port, tokens=4500, model="a")
    wait_until(lambda: any(one["is_processing"] for one in get_json(sandbox.router_port, "/slots?model=a")))
    sandbox.document["models"]["a"]["sampling"] = {"top_k": 3}

    sandbox.apply()
    request.join(20)

    assert request.error == ""
    assert request.tokens == 4500
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}


def test_models_come_and_go_without_touching_the_router(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    router, children = sandbox.pids()["router"], sandbox.children_of_router()
    del sandbox.document["models"]["b"]
    sandbox.routed("c", load="on-demand")

    assert sandbox.actions() == {"model/b": "stop", "model/c": "start"}
    sandbox.apply()

    assert sandbox.router_models() == {"a": "loaded", "c": "unloaded"}
    assert sandbox.pids()["router"] == router
    assert sandbox.children_of_router()["a"] == children["a"]
    assert sandbox.status()["c"]["ready"]


@pytest.mark.invariant("I10")
def test_what_has_outlived_a_child_goes_with_its_model(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    child = next(one for one in sandbox.processes() if one.identity.pid == sandbox.children_of_router()["b"])
    assert child.marks
    words = [sys.executable, "-c", "import time; time.sleep(60)", *child.argv[1:]]
    del sandbox.document["models"]["b"]

    with subprocess.Popen(words, env=child.marks.environment()) as outlives:
        try:
            assert sandbox.actions() == {"model/b": "stop"}
            sandbox.apply()
            assert outlives.wait(5) == -signal.SIGTERM
        finally:
            outlives.kill()

    assert sandbox.actions() == {}


def test_a_flag_of_the_router_restarts_it_and_the_plan_says_that_every_model_is_loaded_again(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    before = sandbox.pids()["router"]
    sandbox.document["router"]["models_max"] = 4

    assert sandbox.actions() == {"router": "restart", "model/a": "reload", "model/b": "reload"}
    sandbox.apply()

    assert sandbox.pids()["router"] != before
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}


def test_survivors_of_a_killed_router_are_ended_and_everything_comes_back(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    router, children = sandbox.pids()["router"], sandbox.children_of_router()
    os.kill(children["a"], signal.SIGSTOP)
    os.kill(router, signal.SIGKILL)
    wait_until(lambda: {one.identity.pid for one in sandbox.processes()} == {children["a"]})

    sandbox.apply()

    assert children["a"] not in {one.identity.pid for one in sandbox.processes()}
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I22")
def test_a_section_that_does_not_load_goes_back_to_the_one_before(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    broken = sandbox.directory / "broken.gguf"
    broken.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.document["models"]["a"]["path"] = str(broken)

    for _ in range(10):
        # b10434 may end before its thread has written the log, and then has to be asked again.
        said = sandbox.apply(exits=5).stderr
        if "unknown model architecture" in said:
            break

    assert "unknown model architecture" in said
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}


def test_a_killed_child_of_the_router_is_loaded_again(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    os.kill(sandbox.children_of_router()["a"], signal.SIGKILL)
    wait_until(lambda: sandbox.router_models()["a"] == "unloaded")

    assert sandbox.actions() == {"model/a": "start"}
    sandbox.apply()

    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}


def test_a_model_moves_between_router_and_process_of_its_own(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    sandbox.dedicated("a")
    sandbox.apply()
    assert sandbox.router_models() == {"b": "loaded"}
    assert sandbox.status()["a"]["serve"] == "dedicated"
    assert sandbox.status()["a"]["ready"]
    assert sandbox.actions() == {}

    sandbox.routed("a")
    sandbox.apply()
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert len([one for one in sandbox.processes() if "--models-preset" not in one.argv]) == 2
    assert sandbox.actions() == {}


def test_a_router_that_left_the_file_is_stopped_with_its_models(sandbox: Sandbox) -> None:
    sandbox.routed("a")
    sandbox.dedicated("d")
    sandbox.apply()
    del sandbox.document["router"], sandbox.document["models"]["a"]

    sandbox.apply()

    assert set(sandbox.pids()) == {"d"}
    assert len(sandbox.processes()) == 1
