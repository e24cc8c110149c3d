"""Servers that do not answer: nothing is guessed about them, nobody waits for them for ever, and they can be ended."""

import os
import signal
import threading

from tests.support.sandbox import Completion, Sandbox, get_json, wait_until


def test_a_stopped_server_is_left_alone_until_it_is_removed(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b", health={"drain_timeout": "1s", "stop_grace": "1s"})
    sandbox.apply()
    pids = sandbox.pids()
    os.kill(pids["a"], signal.SIGSTOP)

    sandbox.apply()
    status = sandbox.status()
    assert status["a"]["state"] == "unknown"
    assert {name: row["pid"] for name, row in status.items()} == pids

    del sandbox.document["models"]["a"]
    sandbox.apply()
    assert [one.identity.pid for one in sandbox.processes()] == [pids["b"]]


def test_a_server_too_busy_to_say_what_it_works_on_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", memory={"ctx_size": 8192})
    sandbox.apply()
    pid, port = sandbox.pids()["a"], sandbox.status()["a"]["port"]
    request = Completion(port, tokens=2000)
    wait_until(lambda: any(slot["is_processing"] for slot in get_json(port, "/slots")))
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(6.0, os.kill, (pid, signal.SIGCONT)).start()
    sandbox.document["models"]["a"]["parallel"] = 2

    sandbox.apply()
    request.join(20)

    assert (request.error, request.tokens) == ("", 2000)
    assert sandbox.status()["a"]["ready"]


def test_nothing_is_done_to_the_models_of_a_router_that_does_not_answer(sandbox: Sandbox) -> None:
    sandbox.routed("a", "b", "c")
    sandbox.apply()
    router, before = sandbox.pids()["router"], {one.identity for one in sandbox.processes()}
    os.kill(router, signal.SIGSTOP)
    sandbox.dedicated("a")
    sandbox.document["models"]["b"]["sampling"] = {"temperature": 0.25}
    del sandbox.document["models"]["c"]

    sandbox.apply()
    assert {one.identity for one in sandbox.processes()} == before

    os.kill(router, signal.SIGCONT)
    sandbox.apply()
    assert sandbox.router_models() == {"b": "loaded"}
    assert sandbox.status()["a"]["ready"]


def test_a_socket_that_a_dead_server_left_does_not_keep_the_next_one_down(sandbox: Sandbox) -> None:
    sandbox.document["server"]["host"] = str(sandbox.directory / "s.sock")
    sandbox.dedicated("a")
    sandbox.apply()
    os.kill(sandbox.pids()["a"], signal.SIGKILL)
    wait_until(lambda: not sandbox.processes())
    assert (sandbox.directory / "s.sock").is_socket()

    sandbox.apply()

    assert sandbox.status()["a"]["ready"]
