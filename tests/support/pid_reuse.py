"""
Pids that are given away while the real program relies on them; pid 1 of a namespace of its own.

`unshare --pid --fork --mount-proc python -m tests.support.pid_reuse CASE DIRECTORY GGUF LLAMA_SERVER` ends with 0 when
the stranger who got the pid still lives. Only there can one say which pid is the next, and reap what an apply started.
"""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.apply.crashpoint import TRACE
from reconciler.runtime import procfs
from reconciler.runtime.processes import LinuxProcessHost
from tests.support.sandbox import Sandbox, answers, wait_until

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


def start_at(pid: int, argv: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    """Starts somebody's process under a pid that is free."""
    for _ in range(50):
        LAST_PID.write_text(str(pid - 1))
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if process.pid == pid:
            wait_until(lambda: procfs.argv(pid) == argv)
            return process
        # Whoever else started something in between has it for a moment.
        process.kill()
        process.wait()
    raise AssertionError(f"pid {pid} is not to be had")


def give_away(pid: int) -> "subprocess.Popen[bytes]":
    """Ends a process and starts the same program with the same command line under its pid."""
    argv = procfs.argv(pid)
    os.kill(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGCONT)
    os.waitpid(pid, 0)
    return start_at(pid, argv)


def before_the_look(sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """The model leaves the files; its process is a stranger before anybody looks."""
    sandbox.dedicated("a", "b")
    sandbox.apply()
    stranger = give_away(sandbox.pids()["a"])
    del sandbox.document["models"]["a"]
    sandbox.apply()
    assert sandbox.actions() == {}
    sandbox.run("destroy", "-y")
    return stranger


def before_the_signal(sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """The process is a stranger when the person says yes to a plan that was made of what was there before."""
    sandbox.dedicated("a")
    sandbox.apply()
    pid = sandbox.pids()["a"]
    sandbox.dedicated("a", sampling={"temperature": 0.25})
    with asked(sandbox, "apply") as agree:
        stranger = give_away(pid)
        said = agree()
    assert f"process {pid} is not the one that was observed; it is left alone" in said, said
    return stranger


def in_the_grace_window(sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """The process hangs after SIGTERM, ends by itself, and its pid is a stranger's before SIGKILL is due."""
    sandbox.dedicated("a", health={"drain_timeout": "100ms", "stop_grace": "20s"})
    sandbox.apply()
    pid, trace = sandbox.pids()["a"], sandbox.directory / "trace"
    os.kill(pid, signal.SIGSTOP)
    del sandbox.document["models"]["a"]
    with sandbox.start("apply", "-y", "--allow-empty", "--max-stop", "100%", **{TRACE: str(trace)}) as process:
        wait_until(lambda: trace.exists() and "term-sent" in trace.read_text())
        stranger = give_away(pid)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    assert "kill-sent" not in trace.read_text()
    return stranger


def adopted_before_the_look(sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """The process has no marks, and the stranger has the same command line."""
    pid = adopt(sandbox)
    stranger = give_away(pid)
    del sandbox.document["models"]["mine"]
    sandbox.apply("--allow-empty", "--max-stop", "100%")
    sandbox.run("destroy", "-y")
    return stranger


def adopted_before_the_signal(sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """The same, between the plan and the answer."""
    pid = adopt(sandbox)
    del sandbox.document["models"]["mine"]
    with asked(sandbox, "apply", "--allow-empty", "--max-stop", "100%") as agree:
        stranger = give_away(pid)
        said = agree()
    assert f"process {pid} is not the one that was observed; it is left alone" in said, said
    return stranger


def in_the_same_tick(_: Sandbox) -> "subprocess.Popen[bytes]":
    """The same program, command line, pid and start time; what is left is the inode of the pidfd (Linux 6.9)."""
    host, argv = LinuxProcessHost(), ("/bin/sleep", "60")
    for _try in range(500):
        first = start_at(7_000, argv)
        seen = host.inspect(first.pid)
        assert seen
        first.kill()
        first.wait()
        stranger = start_at(first.pid, argv)
        now = host.inspect(stranger.pid)
        assert now
        if now.identity.start_ticks == seen.identity.start_ticks:
            assert host.open(seen.identity, marks=None, argv=argv) is None
            return stranger
        stranger.kill()
        stranger.wait()
    raise AssertionError("no two processes began in the same tick")


CASES: dict[str, Callable[[Sandbox], "subprocess.Popen[bytes]"]] = {
    "before the look": before_the_look,
    "before the signal": before_the_signal,
    "in the grace window": in_the_grace_window,
    "adopted, before the look": adopted_before_the_look,
    "adopted, before the signal": adopted_before_the_signal,
    "in the same tick": in_the_same_tick,
}


def adopt(sandbox: Sandbox) -> int:
    """Somebody's server becomes ours; returns its pid."""
    port = sandbox.pool[-1]
    sandbox.dedicated("mine", port=port)
    argv = [str(sandbox.llama_server), "-m", str(sandbox.gguf), "--port", str(port), "-c", "256", "-t", "1", "-np", "1"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: answers(port))
    sandbox.run("adopt", "mine", "-y")
    assert sandbox.pids() == {"mine": process.pid}
    return process.pid


@contextmanager
def asked(sandbox: Sandbox, command: str, *args: str) -> Iterator[Callable[[], str]]:
    """A command that waits for an answer at a terminal; gives what says yes and returns what it said then."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "reconciler", *sandbox.words(command, *args)]
    process = subprocess.Popen(words, env=sandbox.environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""

    def read() -> bytes:
        try:
            return os.read(ours, 4096)
        except OSError:
            # Linux says EIO when the other side is closed.
            return b""

    while b"accepted" not in said:
        part = read()
        assert part, said.decode()
        said += part

    def agree() -> str:
        os.write(ours, b"yes\n")
        after = b"".join(iter(read, b""))
        process.wait(30)
        return after.decode().replace("\r", "")

    try:
        yield agree
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def main(case: str, directory: str, gguf: str, llama_server: str) -> None:
    """Ends with an error unless the stranger lives."""
    stranger = CASES[case](Sandbox(Path(directory), Path(gguf), Path(llama_server)))
    time.sleep(0.2)
    assert stranger.poll() is None, f"the stranger was ended: {stranger.returncode}"


if __name__ == "__main__":
    main(*sys.argv[1:])
