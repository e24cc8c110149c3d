"""Whatever a new version dies of, the version before serves again, and the next apply tries and says that it failed."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.llama.argv import after
from tests.support.sandbox import Sandbox, get_json, wait_until

pytestmark = pytest.mark.invariant("I22", "I23")


@pytest.fixture
def sandbox(tmp_path: Path, gguf: Path, llama_server: Path) -> Iterator[Sandbox]:
    """With a llama-server that has little memory, and whose help promises a flag that it does not take."""
    wrapper = tmp_path / "llama-server"
    wrapper.write_text(
        f"""#!/bin/sh
if [ "$1" = --help ]; then
    "{llama_server}" --help && echo "--bogus N                               promised, and not taken (default: 1)"
else
    ulimit -v 3000000
    exec "{llama_server}" "$@"
fi
"""
    )
    wrapper.chmod(0o700)
    box = Sandbox(tmp_path, gguf, wrapper)
    yield box
    box.end()


def another_architecture(sandbox: Sandbox) -> None:
    path = sandbox.directory / "broken.gguf"
    path.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.document["models"]["a"]["path"] = str(path)


def bad_value(sandbox: Sandbox) -> None:
    sandbox.document["models"]["a"]["extra_args"] = {"--cache-type-k": "nonsense"}


def bad_flag(sandbox: Sandbox) -> None:
    sandbox.document["models"]["a"]["extra_args"] = {"--bogus": 3}


def too_slow(sandbox: Sandbox) -> None:
    sandbox.document["models"]["a"] |= {
        "memory": {"ctx_size": 512},
        "health": {"startup_limit": "1ms", "min_healthy": "5s"},
    }


def out_of_memory(sandbox: Sandbox) -> None:
    sandbox.document["models"]["a"]["memory"] = {"ctx_size": 2_000_000_000}


def answers(port: int) -> bool:
    try:
        return bool(get_json(port, "/health"))
    except OSError:
        return False


CAUSES = [out_of_memory, bad_flag, bad_value, another_architecture]
CASES = [*((cause, serve) for cause in CAUSES for serve in ("dedicated", "router")), (too_slow, "dedicated")]
MOST = int(os.environ.get("RECONCILE_UNDO", "4"))
"""How many of them are run."""


def contexts(sandbox: Sandbox) -> dict[str, str]:
    """The context that each served model was started with."""
    served = [one for one in sandbox.processes() if "--alias" in one.argv]
    return {after("--alias", one.argv).split(",")[0]: after("--ctx-size", one.argv) for one in served}


@pytest.mark.parametrize(("cause", "serve"), CASES[:MOST])
def test_the_version_before_serves_again(sandbox: Sandbox, cause: Callable[[Sandbox], None], serve: str) -> None:
    declare = sandbox.dedicated if serve == "dedicated" else sandbox.routed
    declare("a", "b")
    sandbox.apply()
    b = next(one.identity for one in sandbox.processes() if after("--alias", one.argv) == "b")
    cause(sandbox)

    said = sandbox.apply(exits=5)

    assert contexts(sandbox) == {"a": "256", "b": "256"}
    assert {name: row["ready"] for name, row in sandbox.status().items() if name in "ab"} == {"a": True, "b": True}
    assert "restored" in said.stderr
    assert b in {one.identity for one in sandbox.processes()}
    assert "failed before" in sandbox.run("plan").stdout
    declare("a")
    assert sandbox.actions() == {}


def test_a_process_that_dies_right_after_it_was_ready_gives_way(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    sandbox.dedicated("a", memory={"ctx_size": 512}, health={"min_healthy": "20s"})
    with sandbox.start("apply", "-y") as process:
        wait_until(lambda: contexts(sandbox) == {"a": "512"}, seconds=30)
        (started,) = sandbox.processes()
        wait_until(lambda: answers(int(after("--port", started.argv))), seconds=30)
        os.kill(started.identity.pid, signal.SIGKILL)
        process.communicate(timeout=40)

    assert process.returncode == 5
    assert contexts(sandbox) == {"a": "256"}


@pytest.mark.invariant("I24")
def test_a_server_that_dies_after_its_update_was_finished_is_started_as_it_was_updated(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    sandbox.dedicated("a", memory={"ctx_size": 512})
    sandbox.apply()
    os.kill(sandbox.pids()["a"], signal.SIGKILL)
    wait_until(lambda: not sandbox.processes())

    sandbox.apply()

    assert contexts(sandbox) == {"a": "512"}


def test_a_router_that_does_not_come_up_gives_way_to_the_one_before(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.dedicated("d")
    sandbox.apply()
    d, host = sandbox.pids()["d"], sandbox.document["router"].get("host")
    sandbox.document["router"]["host"] = "192.0.2.1"

    said = sandbox.apply(exits=5)

    assert "restored restart router" in said.stderr
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded"}
    assert sandbox.pids()["d"] == d
    assert "failed before" in sandbox.run("plan").stdout
    assert host is None
    del sandbox.document["router"]["host"]
    assert sandbox.actions() == {}


def test_sections_that_the_router_refuses_change_nothing_of_what_is_served(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b")
    sandbox.routed("lazy", load="on-demand")
    sandbox.apply()
    children = sandbox.children_of_router()
    bad_flag(sandbox)
    sandbox.routed("new")
    sandbox.document["models"]["lazy"]["sampling"] = {"temperature": 0.25}

    said = sandbox.apply(exits=5)

    assert "bogus" in said.stderr
    assert sandbox.children_of_router() == children
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded", "lazy": "unloaded"}
    assert "failed before" in sandbox.run("plan").stdout
    del sandbox.document["models"]["a"]["extra_args"]
    sandbox.apply()
    assert sandbox.router_models() == {"a": "loaded", "b": "loaded", "new": "loaded", "lazy": "unloaded"}
    assert sandbox.actions() == {}


@pytest.mark.parametrize("serve", ["dedicated", "router"])
def test_a_rename_that_fails_leaves_the_old_name(sandbox: Sandbox, serve: str) -> None:
    declare = sandbox.dedicated if serve == "dedicated" else sandbox.routed
    declare("old", "b")
    sandbox.apply()
    sandbox.document["models"]["a"] = sandbox.document["models"].pop("old") | {"moved_from": "old"}
    bad_value(sandbox)

    sandbox.apply(exits=5)

    assert contexts(sandbox) == {"old": "256", "b": "256"}
    assert {name for name, row in sandbox.status().items() if row["ready"]} >= {"old", "b"}


@pytest.mark.parametrize("serve", ["dedicated", "router"])
def test_a_new_version_that_fails_where_the_old_one_had_died_brings_the_old_one_back(
    sandbox: Sandbox, serve: str
) -> None:
    declare = sandbox.dedicated if serve == "dedicated" else sandbox.routed
    declare("a", "b")
    sandbox.apply()
    victim = next(one.identity.pid for one in sandbox.processes() if after("--alias", one.argv) == "a")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: "a" not in contexts(sandbox))
    bad_value(sandbox)

    sandbox.apply(exits=5)

    assert contexts(sandbox) == {"a": "256", "b": "256"}


@pytest.mark.invariant("I12")
@pytest.mark.parametrize("load", ["always", "on-demand"])
def test_a_crash_after_a_reload_is_mended_also_when_the_files_went_back(sandbox: Sandbox, load: str) -> None:
    sandbox.routed("a", load=load)
    sandbox.routed("b")
    sandbox.apply()
    sandbox.document["models"]["a"]["memory"] = {"ctx_size": 512}
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="reloaded" if load == "on-demand" else "step-done")
    sandbox.routed("a", load=load)

    assert sandbox.actions() == {"model/a": "reload"}
    sandbox.apply()

    if load == "on-demand":
        get_json(sandbox.router_port, "/slots?model=a&autoload=true")
    assert contexts(sandbox) == {"a": "256", "b": "256"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I12", cases=2)
def test_what_a_crash_left_in_the_router_is_mended_also_by_a_run_after_one_that_crashed_or_left_it_out(
    sandbox: Sandbox,
) -> None:
    sandbox.routed("a", "b")
    sandbox.dedicated("d")
    sandbox.apply()
    sandbox.routed("a", memory={"ctx_size": 512})
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="loaded")
    sandbox.routed("a")
    sandbox.dedicated("d", memory={"ctx_size": 512})

    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="steps-abandoned")
    assert sandbox.actions() == {"model/a": "reload", "model/d": "restart"}
    sandbox.apply("--target", "d")
    assert sandbox.actions() == {"model/a": "reload"}
    sandbox.apply()

    assert contexts(sandbox) == {"a": "256", "b": "256", "d": "512"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I12")
@pytest.mark.parametrize("enabled", [True, False])
def test_a_crash_when_a_model_was_switched_on_leaves_it_as_the_files_say(sandbox: Sandbox, *, enabled: bool) -> None:
    sandbox.routed("a", "b")
    sandbox.apply()
    sandbox.routed("a", enabled=False)
    sandbox.apply()
    sandbox.routed("a")
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT="loaded")
    sandbox.routed("a", enabled=enabled)
    sandbox.apply()
    sandbox.routed("b", memory={"ctx_size": 512})

    sandbox.apply()

    assert contexts(sandbox) == {"b": "512"} | ({"a": "256"} if enabled else {})
    assert sandbox.status()["a"]["state"] == ("running" if enabled else "stopped")
