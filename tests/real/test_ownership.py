"""Whose process it is: wrappers, adopted servers, other fleets, strangers."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.sandbox import Sandbox, free_port, get_json, wait_until


@contextmanager
def own_server(sandbox: Sandbox, *args: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A llama-server that the user has started, ready to answer."""
    port = int(args[args.index("--port") + 1])
    with subprocess.Popen(
        [str(sandbox.llama_server), *args],
        env={**sandbox.environment, **environment},
        cwd=sandbox.gguf.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            wait_until(lambda: _answers(port))
            yield process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        return bool(get_json(port, "/health"))
    except OSError:
        return False


def wrapper(sandbox: Sandbox, last: str) -> None:
    """Puts a shell script in front of the real llama-server."""
    script = sandbox.directory / "llama-server"
    script.write_text(f"#!/bin/sh\n{last.format(real=sandbox.llama_server)}\n")
    script.chmod(0o755)
    sandbox.llama_server = script


@pytest.mark.parametrize("last", ['exec "{real}" "$@"', '"{real}" "$@"'], ids=["exec", "child"])
def test_a_wrapper_script_is_driven_like_the_server_itself(sandbox: Sandbox, last: str) -> None:
    wrapper(sandbox, last)
    sandbox.dedicated("a", "b")
    sandbox.routed("r")
    sandbox.apply()
    assert sandbox.actions() == {}
    sandbox.document["models"]["a"]["parallel"] = 2
    sandbox.document["router"]["models_max"] = 4

    sandbox.apply()

    assert sandbox.actions() == {}
    assert sandbox.router_models() == {"r": "loaded"}
    os.kill(sandbox.pids()["b"], signal.SIGKILL)
    sandbox.apply()
    assert {name: row["ready"] for name, row in sandbox.status().items()} == dict.fromkeys(
        ("a", "b", "r", "router"), True
    )
    sandbox.run("destroy", "-y")
    assert sandbox.processes() == []


def test_a_router_of_the_user_is_adopted_and_the_next_plan_says_what_differs(sandbox: Sandbox) -> None:
    sandbox.routed("a")
    port, preset = sandbox.router_port, sandbox.directory / "own.ini"
    preset.write_text(f"[a]\nmodel = {sandbox.gguf}\nctx-size = 256\n")
    with own_server(sandbox, "--port", str(port), "--models-preset", str(preset), "--models-max", "0") as own:
        refused = sandbox.apply(exits=1)
        assert "reconcile adopt router" in refused.stderr

        sandbox.run("adopt", "router", "-y")

        assert sandbox.pids()["router"] == own.pid
        assert sandbox.actions() == {"router": "restart", "model/a": "start"}
        sandbox.apply()
        own.wait(10)
    assert sandbox.router_models() == {"a": "loaded"}
    assert sandbox.actions() == {}


def test_an_adopted_server_that_dies_is_started_again(sandbox: Sandbox) -> None:
    port = free_port()
    sandbox.dedicated("mine", port=port)
    sandbox.write()
    with own_server(sandbox, "-m", sandbox.gguf.name, "--port", str(port), "-c", "256", "-t", "1", "-np", "1") as own:
        sandbox.run("adopt", "mine", "-y")
        own.kill()
        own.wait(10)
    assert sandbox.actions() == {"model/mine": "start"}
    sandbox.apply()
    assert sandbox.status()["mine"]["ready"]
    assert sandbox.actions() == {}


@pytest.mark.invariant("I4")
def test_what_is_not_the_asked_for_server_is_not_adopted(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.routed("r")
    sandbox.dedicated("a", port=free_port())
    sandbox.write()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        assert "no llama-server" in sandbox.run("adopt", "a", "--pid", str(sleeper.pid), "-y", exits=1).stderr
        sleeper.kill()
    port = str(sandbox.router_port)
    with own_server(sandbox, "--port", port, LLAMA_ARG_MODEL=str(sandbox.gguf)):
        refused = sandbox.run("adopt", "router", "-y", exits=1)
        assert "does not serve the router" in refused.stderr
    other = Sandbox(tmp_path / "other", sandbox.gguf, sandbox.llama_server)
    other.directory.mkdir()
    other.dedicated("b")
    other.apply()
    try:
        (theirs,) = other.processes()
        refused = sandbox.run("adopt", "a", "--pid", str(theirs.identity.pid), "-y", exits=1)
        assert "another fleet" in refused.stderr
    finally:
        other.end()


def test_a_key_on_an_adopted_command_line_goes_nowhere(sandbox: Sandbox) -> None:
    port = free_port()
    sandbox.dedicated("mine", port=port)
    sandbox.write()
    with own_server(sandbox, "-m", str(sandbox.gguf), "--port", str(port), "--api-key", "canary-77aa") as own:
        said = sandbox.start("adopt", "mine", "-y")
        out, err = said.communicate(timeout=30)
        plan = sandbox.start("plan", "--format", "json").communicate(timeout=30)
        assert own.poll() is None
    assert "canary" not in "".join((out, err, *plan))
    files = [path for path in sandbox.store.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"canary" in path.read_bytes()] == []
