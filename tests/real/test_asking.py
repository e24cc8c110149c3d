"""Apply and destroy ask on a terminal, and take one answer only."""

import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.support.sandbox import Sandbox


def answered(sandbox: Sandbox, command: str, answer: bytes, *options: str) -> tuple[int, str]:
    """Runs the command with a terminal as its stdin and types an answer; returns the exit code and what it printed."""
    ours, theirs = pty.openpty()
    sandbox.write()
    words = [
        sys.executable,
        "-m",
        "reconciler",
        command,
        *options,
        "-c",
        str(sandbox.config),
        "--store",
        str(sandbox.store),
    ]
    with subprocess.Popen(
        [*words, "--llama-server", str(sandbox.llama_server)],
        env=sandbox.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        said = b""
        while b"is accepted" not in said:
            chunk = os.read(process.stdout.fileno(), 4096)
            assert chunk, said
            said += chunk
        if answer:
            os.write(ours, answer + b"\n")
        else:
            _interrupt(process)
        said += process.stdout.read()
    os.close(ours)
    os.close(theirs)
    return process.returncode, said.decode()


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """^C; once more when the first came in the moment between the question and the wait for its answer."""
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
            return
    process.kill()


@pytest.mark.parametrize(("answer", "code"), [(b"y", 1), (b"YES", 1), (b"", 130)], ids=["y", "capitals", "interrupt"])
def test_only_yes_is_accepted(sandbox: Sandbox, answer: bytes, code: int) -> None:
    sandbox.dedicated("a")

    assert answered(sandbox, "apply", answer)[0] == code
    assert sandbox.processes() == []
    assert not (sandbox.store / "store.db").exists()


def test_yes_applies_and_the_fleets_name_destroys(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")

    assert answered(sandbox, "apply", b"yes")[0] == 0
    assert len(sandbox.processes()) == 1
    assert answered(sandbox, "destroy", b"yes")[0] == 1
    assert len(sandbox.processes()) == 1
    assert answered(sandbox, "destroy", b"test")[0] == 0
    assert sandbox.processes() == []


def test_nobody_agrees_to_a_plan_that_was_not_shown(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    code, said = answered(sandbox, "apply", b"no", "--format", "json")

    assert code == 1
    assert said.index("will be started on port") < said.index("is accepted")
