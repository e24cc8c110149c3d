"""Disabling, protecting, renaming, ports: what is declared besides settings."""

import socket

import pytest

from tests.support.sandbox import Sandbox, free_port, get_json


def test_a_disabled_model_stops_and_comes_back_on_its_port(sandbox: Sandbox) -> None:
    sandbox.routed("r", "s")
    sandbox.dedicated("a", "b")
    sandbox.apply()
    port = sandbox.status()["a"]["port"]
    for name in ("a", "r"):
        sandbox.document["models"][name]["enabled"] = False

    assert sandbox.actions() == {"model/a": "stop", "model/r": "stop"}
    sandbox.apply()
    assert sandbox.actions() == {}
    assert sandbox.router_models() == {"s": "loaded"}

    for name in ("a", "r"):
        sandbox.document["models"][name]["enabled"] = True
    sandbox.apply()
    assert sandbox.status()["a"]["port"] == port
    assert sandbox.router_models() == {"r": "loaded", "s": "loaded"}
    assert sandbox.actions() == {}


@pytest.mark.invariant("I27")
def test_a_protected_model_that_left_the_file_stays_and_the_rest_goes_on(sandbox: Sandbox) -> None:
    sandbox.routed("r", protect=True)
    sandbox.dedicated("a", protect=True)
    sandbox.dedicated("b", "c")
    sandbox.apply()
    before = sandbox.pids()
    for name in ("a", "r", "b"):
        del sandbox.document["models"][name]
    del sandbox.document["router"]

    sandbox.apply("--max-stop", "100%", exits=8)

    after = sandbox.pids()
    assert {name: after[name] for name in ("a", "r", "router", "c")} == {
        name: before[name] for name in ("a", "r", "router", "c")
    }
    assert "b" not in after


def test_an_on_demand_model_that_a_request_has_loaded_is_loaded_with_its_new_settings(sandbox: Sandbox) -> None:
    sandbox.routed("r")
    sandbox.routed("lazy", "lazier", load="on-demand")
    sandbox.apply()
    get_json(sandbox.router_port, "/slots?model=lazy&autoload=true")
    sandbox.document["models"]["lazy"]["sampling"] = {"top_k": 3}
    sandbox.document["models"]["lazier"]["sampling"] = {"top_k": 3}

    sandbox.apply()

    assert sandbox.router_models() == {"r": "loaded", "lazy": "loaded", "lazier": "unloaded"}
    assert sandbox.actions() == {}


def test_ports_hand_over_in_a_chain_and_strangers_in_the_pool_are_passed_by(sandbox: Sandbox) -> None:
    first, second, third = free_port(), free_port(), free_port()
    sandbox.dedicated("a", port=first)
    sandbox.dedicated("b", port=second)
    with socket.create_server(("127.0.0.1", sandbox.pool[0])):
        sandbox.dedicated("c")
        sandbox.apply()
        assert sandbox.status()["c"]["port"] == sandbox.pool[1]
    sandbox.document["models"]["a"]["port"] = second
    sandbox.document["models"]["b"]["port"] = third

    sandbox.apply()

    status = sandbox.status()
    assert {name: (status[name]["port"], status[name]["ready"]) for name in "abc"} == {
        "a": (second, True),
        "b": (third, True),
        "c": (sandbox.pool[1], True),
    }
    assert sandbox.actions() == {}


def test_an_exhausted_pool_is_refused_before_anything_is_touched(sandbox: Sandbox) -> None:
    sandbox.document["server"]["ports"] = f"{sandbox.pool[0]}-{sandbox.pool[1]}"
    sandbox.dedicated("a", "b", "c")
    assert "pool" in sandbox.apply(exits=1).stderr
    assert sandbox.processes() == []


def test_two_applies_and_a_watching_status_end_with_one_of_both_configurations(sandbox: Sandbox) -> None:
    names = ("a", "b", "c", "d")
    sandbox.dedicated(*names)
    sandbox.routed("r")
    sandbox.apply()
    running = []
    for size in (512, 1024):
        for name in (*names, "r"):
            sandbox.document["models"][name]["memory"] = {"ctx_size": size}
        running.append(sandbox.start("apply", "-y"))
        # The second waits for the lock, or has read the file before the first began: both are fine.
    while any(one.poll() is None for one in running):
        sandbox.status()
    for one in running:
        out, err = one.communicate(timeout=30)
        assert one.returncode == 0, out + err
    assert len({one.identity.pid for one in sandbox.processes()}) == len(names) + 2
    sandbox.apply()
    assert sandbox.actions() == {}
