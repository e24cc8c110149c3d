"""Dedicated models, as a user runs them: the whole command against the real llama-server."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.support.sandbox import Completion, Sandbox, free_port, get_json, wait_until

MANY = [f"m{number:02d}" for number in range(20)]


def test_twenty_dedicated_and_a_router_with_three_become_ready_and_stay_untouched(sandbox: Sandbox) -> None:
    sandbox.dedicated(*MANY)
    sandbox.routed("r1", "r2", "r3")
    sandbox.apply()
    status = sandbox.status()
    assert all(row["ready"] for row in status.values()), status
    assert all(status[name]["pid"] and status[name]["memory_bytes"] and status[name]["since"] for name in MANY)
    assert len({status[name]["port"] for name in MANY}) == len(MANY)
    before = {one.identity for one in sandbox.processes()}

    again = sandbox.apply()

    assert "No changes" in again.stdout
    assert {one.identity for one in sandbox.processes()} == before


@pytest.mark.invariant("I11")
def test_a_changed_setting_restarts_that_process_alone(sandbox: Sandbox) -> None:
    sandbox.dedicated(*MANY)
    sandbox.apply()
    before = sandbox.pids()
    sandbox.document["models"]["m07"]["memory"] = {"ctx_size": 512}

    changes = [one for one in sandbox.plan()["changes"] if one["action"] != "keep"]

    assert [(one["resource"], one["action"], one["reason"]) for one in changes] == [
        ("model/m07", "restart", "SettingsChanged")
    ]
    assert changes[0]["fields"] == [{"path": "memory.ctx_size", "before": 256, "after": 512, "effect": "restart"}]
    sandbox.apply()
    after = sandbox.pids()
    assert {name for name in MANY if before[name] != after[name]} == {"m07"}
    assert get_json(sandbox.status()["m07"]["port"], "/props")["default_generation_settings"]["n_ctx"] == 512


def test_a_running_request_finishes_before_the_restart(sandbox: Sandbox) -> None:
    sandbox.dedicated("chat", memory={"ctx_size": 8192})
    sandbox.apply()
    port = sandbox.status()["chat"]["port"]
    request = Completion(port, tokens=4500)
    wait_until(lambda: any(slot["is_processing"] for slot in get_json(port, "/slots")))
    sandbox.document["models"]["chat"]["parallel"] = 2

    assert sandbox.plan()["changes"][0]["busy"] == 1
    sandbox.apply()
    request.join(20)

    assert request.error == ""
    assert request.tokens == 4500


def test_a_request_longer_than_the_drain_is_cut_and_both_plan_and_log_say_so(sandbox: Sandbox) -> None:
    sandbox.dedicated("chat", memory={"ctx_size": 16_384}, health={"drain_timeout": "300ms"})
    sandbox.apply()
    port = sandbox.status()["chat"]["port"]
    request = Completion(port, tokens=12_000)
    wait_until(lambda: any(slot["is_processing"] for slot in get_json(port, "/slots")))
    sandbox.document["models"]["chat"]["parallel"] = 2

    assert "in flight" in sandbox.run("plan").stdout
    run = sandbox.apply()
    request.join(20)

    assert request.tokens is None
    assert "1 running request was cut" in run.stdout + run.stderr


def test_a_server_killed_from_outside_is_planned_with_its_reason_and_started_alone(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b", "c")
    sandbox.apply()
    before = sandbox.pids()
    os.kill(before["b"], signal.SIGKILL)
    wait_until(lambda: len(sandbox.processes()) == 2)

    changes = {one["resource"]: one for one in sandbox.plan("--detailed-exitcode", exits=2)["changes"]}
    assert (changes["model/b"]["action"], changes["model/b"]["reason"]) == ("start", "Died")
    sandbox.apply()

    after = sandbox.pids()
    assert {name for name in before if before[name] != after[name]} == {"b"}


def test_the_callers_llama_variables_reach_no_server(sandbox: Sandbox) -> None:
    sandbox.dedicated("plain")
    sandbox.routed("routed")
    sandbox.apply(LLAMA_ARG_ALIAS="stolen", LLAMA_ARG_CTX_SIZE="64")

    assert get_json(sandbox.status()["plain"]["port"], "/v1/models")["data"][0]["id"] == "plain"
    assert all(
        "LLAMA_ARG" not in Path(f"/proc/{one.identity.pid}/environ").read_text()
        for one in sandbox.processes()
        if "--models-preset" in one.argv or one.argv[one.argv.index("--alias") + 1] == "plain"
    )
    assert sandbox.actions() == {}


def test_a_model_that_left_the_file_is_stopped_after_the_plan_said_so(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.apply()
    del sandbox.document["models"]["b"]

    assert sandbox.actions() == {"model/b": "stop"}
    sandbox.apply()

    assert set(sandbox.pids()) == {"a"}
    assert len(sandbox.processes()) == 1


@pytest.mark.invariant("I19")
def test_more_stops_than_allowed_are_refused_with_the_numbers(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b", "c", "d")
    sandbox.apply()
    for name in ("b", "c", "d"):
        del sandbox.document["models"][name]

    refused = sandbox.apply(exits=8)

    assert "3 of 4" in refused.stderr
    assert len(sandbox.processes()) == 4
    sandbox.apply("--max-stop", "100%")
    assert len(sandbox.processes()) == 1


@pytest.mark.invariant("I22", "I23")
def test_a_new_version_that_never_becomes_ready_gives_way_to_the_old_one(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.dedicated("chat")
    sandbox.apply()
    # The header is whole, so that only the real server can tell: it is of an architecture that nobody knows.
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.document["models"]["chat"]["path"] = str(broken)

    for _ in range(10):
        # b10434 may end before its thread has written the log, and then has to be asked again.
        said = sandbox.apply(exits=5).stderr
        if "unknown model architecture" in said:
            break

    assert sandbox.status()["chat"]["ready"]
    assert "unknown model architecture" in said
    assert sandbox.processes()[0].argv[sandbox.processes()[0].argv.index("--model") + 1] == str(sandbox.gguf)
    assert sandbox.actions() == {"model/chat": "restart"}
    assert "failed before" in sandbox.run("plan").stdout


def test_a_first_start_that_fails_leaves_nothing_behind_and_exits_4(sandbox: Sandbox, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.dedicated("good")
    sandbox.dedicated("bad")
    sandbox.document["models"]["bad"]["path"] = str(broken)

    sandbox.apply(exits=4)

    assert [one.argv[one.argv.index("--alias") + 1] for one in sandbox.processes()] == ["good"]
    assert sandbox.status()["bad"]["state"] == "failed"


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda box: box.document["models"]["a"].update(aliases=["b"]), "alias"),
        (lambda box: box.document["models"]["a"].update(memory={"ctx_size": "abc"}), "ctx_size"),
        (lambda box: box.document["models"]["a"].update(path="/nowhere/model.gguf"), "/nowhere/model.gguf"),
        (lambda box: box.document["models"]["a"].update(path=str(_made(box, b""))), "empty"),
        (lambda box: box.document["models"]["a"].update(path=str(_made(box, _half(box)))), "truncated"),
        (lambda box: box.document["models"]["a"].update(extra_args={"--no-such-flag": 1}), "--no-such-flag"),
        (lambda box: box.document["models"].update({"x]y": {"path": str(box.gguf)}}), "x]y"),
    ],
    ids=["alias", "type", "missing", "empty", "truncated", "flag", "name"],
)  # fmt: skip
def test_a_mistake_is_refused_before_anything_is_touched(sandbox: Sandbox, mistake, said: str) -> None:
    sandbox.dedicated("a", "b")
    sandbox.apply()
    before = {one.identity for one in sandbox.processes()}
    mistake(sandbox)

    refused = sandbox.apply(exits=1)

    assert said in refused.stderr
    assert "fleet.yaml:" in refused.stderr
    assert "hint:" in refused.stderr
    assert {one.identity for one in sandbox.processes()} == before


def _half(box: Sandbox) -> bytes:
    return box.gguf.read_bytes()[:600]


def _made(box: Sandbox, content: bytes) -> Path:
    path = box.directory / "made.gguf"
    path.write_bytes(content)
    return path


def test_a_port_that_a_stranger_holds_is_refused_with_his_pid(sandbox: Sandbox) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        sandbox.dedicated("a", port=port)
        refused = sandbox.apply(exits=1)

    assert str(port) in refused.stderr
    assert str(os.getpid()) in refused.stderr
    assert sandbox.processes() == []


def test_without_a_terminal_and_without_y_nothing_is_done(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    refused = sandbox.run("apply", exits=64)
    assert "-y" in refused.stderr
    assert sandbox.processes() == []


def test_a_secret_reaches_the_server_and_nothing_else_and_a_new_one_restarts_it(sandbox: Sandbox) -> None:
    sandbox.document["server"]["api_key"] = {"env": "MY_KEY"}
    sandbox.dedicated("a")
    secret, second = "canary-4f1c9a77", "canary-b61e0d52"
    planned = sandbox.run("plan", "--format", "json", MY_KEY=secret)
    applied = sandbox.apply(MY_KEY=secret)
    port = sandbox.processes()[0].argv[sandbox.processes()[0].argv.index("--port") + 1]
    assert get_json(int(port), "/props", token=secret)

    rotated = json.loads(sandbox.run("plan", "--format", "json", MY_KEY=second).stdout)

    changed = [(one["resource"], one["action"], one["reason"]) for one in rotated["changes"] if one["action"] != "keep"]
    assert changed == [("model/a", "restart", "SecretChanged")]
    for text in (planned.stdout, planned.stderr, applied.stdout, applied.stderr, json.dumps(rotated)):
        assert "canary" not in text
    files = [path for path in sandbox.directory.rglob("*") if path.is_file()]
    assert [path for path in files if b"canary" in path.read_bytes()] == []
    assert "canary" not in " ".join(sandbox.processes()[0].argv)
    assert "MY_KEY" in sandbox.apply(exits=1).stderr


def test_destroy_stops_everything_and_keeps_the_store(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.routed("r")
    sandbox.apply()
    sandbox.run("destroy", "-y")
    assert sandbox.processes() == []
    assert (sandbox.store / "store.db").exists()
    ports = {name: row["port"] for name, row in sandbox.status().items() if row["serve"] == "dedicated"}
    sandbox.apply()
    again = {name: row["port"] for name, row in sandbox.status().items() if row["serve"] == "dedicated"}
    assert again == ports
    assert set(ports) == {"a", "b"}


def test_a_fleet_that_one_build_takes_is_checked_again_for_another(sandbox: Sandbox) -> None:
    installed, newer = sandbox.llama_server, Path(__file__).parents[2] / "schemas" / "llama-server" / "b11434.json"
    if "b11434" in str(installed):
        newer = newer.with_name("b10434.json")
    sandbox.dedicated("a")
    sandbox.apply()
    only_there = "--n-cpu-ffn" if "b11434" in newer.name else "--mmap"
    sandbox.document["models"]["a"]["extra_args"] = {only_there: 1 if "b11434" in newer.name else True}
    sandbox.llama_server = newer
    for _ in range(2):
        sandbox.run("validate")
    sandbox.llama_server = installed

    refused = sandbox.run("plan", exits=1)

    assert only_there in refused.stderr


def test_a_catalogue_with_the_same_version_and_fewer_flags_is_not_taken_for_the_other(sandbox: Sandbox) -> None:
    published = Path(__file__).parents[2] / "schemas" / "llama-server" / "b10434.json"
    sandbox.dedicated("a")
    sandbox.apply()
    sandbox.llama_server = sandbox.directory / "flags.json"
    sandbox.llama_server.write_text(published.read_text())
    sandbox.run("validate")
    sandbox.llama_server.write_text(published.read_text().replace("--ctx-size", "--other-size"))

    refused = sandbox.run("validate", exits=1)

    assert "ctx_size" in refused.stderr
