"""Logs of real servers: rotated when one is started, and never while it runs."""

import subprocess
from pathlib import Path

from tests.support.sandbox import Sandbox

LISTENING = "listening on http://127.0.0.1"


def _logs(sandbox: Sandbox) -> dict[str, Path]:
    """The files of the one slot, by what follows the uid."""
    return {name.partition(".")[2]: sandbox.store / "logs" / name for name in _names(sandbox)}


def _names(sandbox: Sandbox) -> set[str]:
    return {path.name for path in (sandbox.store / "logs").iterdir()}


def _read_until_listening(follower: "subprocess.Popen[str]") -> None:
    assert follower.stdout is not None
    assert any(LISTENING in line for line in follower.stdout)


def _restart(sandbox: Sandbox) -> None:
    model = sandbox.document["models"]["a"]
    model["threads"] = model.get("threads", 1) + 1
    sandbox.apply()


def test_a_log_above_the_limit_is_rotated_when_its_server_is_started(sandbox: Sandbox) -> None:
    sandbox.document["logging"] = {"file": {"max_size": 1, "max_files": 2}}
    sandbox.dedicated("a")
    sandbox.apply()
    first = _logs(sandbox)["log"].read_text()
    sandbox.apply()
    assert set(_logs(sandbox)) == {"log"}

    for _ in range(3):
        _restart(sandbox)

    logs = _logs(sandbox)
    assert set(logs) == {"log", "log.1", "log.2"}
    assert all(LISTENING in path.read_text() and not path.stat().st_mode & 0o077 for path in logs.values())
    assert first not in logs["log.2"].read_text()
    assert LISTENING in sandbox.run("logs", "a").stdout


def test_the_log_of_a_start_that_failed_is_told_after_a_rotation_too(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.document["logging"] = {"file": {"max_size": 1}}
    sandbox.dedicated("a")
    sandbox.apply()
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    sandbox.document["models"]["a"]["path"] = str(broken)

    for _ in range(3):
        # b10434 may end before its thread has written the log, and then has to be asked again.
        said = sandbox.apply(exits=5).stderr
        if "unknown model architecture" in said:
            break

    logs = _logs(sandbox)
    assert "unknown model architecture" in said
    # A log that was never written to is not moved aside.
    assert set(logs) >= {"log", "log.1", "log.2"}
    assert "unknown model architecture" in logs["log.1"].read_text()
    assert LISTENING in logs["log"].read_text()


def test_the_log_of_the_router_is_rotated_and_one_below_the_limit_is_not(sandbox: Sandbox) -> None:
    sandbox.document["logging"] = {"file": {"max_size": "1MiB"}}
    sandbox.routed("r")
    sandbox.apply()
    before = _names(sandbox)
    sandbox.document["router"]["models_max"] = 1
    sandbox.apply()
    assert _names(sandbox) == before

    sandbox.document["logging"] = {"file": {"max_size": 1}}
    sandbox.document["router"]["models_max"] = 2
    sandbox.apply()

    (rotated,) = _names(sandbox) - before
    assert rotated.endswith(".log.1")
    assert "router" in (sandbox.store / "logs" / rotated).read_text()


def test_following_a_log_goes_on_in_the_new_one(sandbox: Sandbox) -> None:
    sandbox.document["logging"] = {"file": {"max_size": 1}}
    sandbox.dedicated("a")
    sandbox.apply()

    with sandbox.start("logs", "a", "--follow") as follower:
        try:
            _read_until_listening(follower)
            _restart(sandbox)
            _read_until_listening(follower)
        finally:
            follower.kill()
