"""Starting: what a child gets, and what it does not get."""

import asyncio
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.domain.names import SlotUid
from reconciler.errors import RuntimeFailure
from reconciler.runtime.locks import FileSlotLocks
from reconciler.runtime.ports import Command, Exit
from reconciler.runtime.processes import LinuxProcessHost

REPORT = """
import json, os
links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
fds = {link.rpartition("/")[2]: os.readlink(link) for link in links if os.path.exists(link)}
found = {"env": dict(os.environ), "fds": fds, "sid": os.getsid(0), "pid": os.getpid(), "cwd": os.getcwd()}
print(json.dumps(found))
"""


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    locks = FileSlotLocks(tmp_path)
    descriptor = locks.acquire(SlotUid("slot"), "model/a")
    assert descriptor is not None
    yield descriptor
    locks.release(descriptor)


def report(command: Command) -> dict[str, object]:
    handle = LinuxProcessHost().spawn(command)
    assert asyncio.run(handle.wait(20)) == Exit(code=0)
    handle.close()
    found: dict[str, object] = json.loads(command.log.read_text())
    return found


def command(tmp_path: Path, lock: int, *argv: str, directory: Path | None = None) -> Command:
    return Command(
        argv=argv or (sys.executable, "-I", "-c", REPORT),
        environment={"RECONCILE_SLOT": "slot", "LC_CTYPE": "C.UTF-8"},
        log=tmp_path / "log",
        lock=lock,
        directory=directory,
    )


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_environment_is_exactly_the_given_one(tmp_path: Path, lock: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_ARG_ALIAS", "stray")

    given = command(tmp_path, lock)

    assert report(given)["env"] == given.environment


@pytest.mark.invariant("I1")
def test_a_child_inherits_its_lock_and_nothing_else(tmp_path: Path, lock: int) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)  # noqa: FBT003 - the function has no name for it
    log = tmp_path / "log"

    fds = report(command(tmp_path, lock))["fds"]

    os.close(reading)
    os.close(writing)
    assert fds == {"0": os.devnull, "1": str(log), "2": str(log), str(lock): str(tmp_path / "slot.lock")}


@pytest.mark.invariant("I5")
def test_a_child_leads_its_own_session(tmp_path: Path, lock: int) -> None:
    found = report(command(tmp_path, lock))

    assert found["sid"] == found["pid"] != os.getsid(0)


def test_a_child_starts_in_the_given_directory(tmp_path: Path, lock: int) -> None:
    assert report(command(tmp_path, lock, directory=tmp_path))["cwd"] == str(tmp_path)


def test_both_outputs_are_appended_to_the_log(tmp_path: Path, lock: int) -> None:
    (tmp_path / "log").write_text("before\n")
    handle = LinuxProcessHost().spawn(command(tmp_path, lock, "/bin/sh", "-c", "echo out; echo err >&2"))
    asyncio.run(handle.wait(20))
    handle.close()

    assert (tmp_path / "log").read_text().splitlines() == ["before", "out", "err"]


def test_a_new_log_has_mode_0600(tmp_path: Path, lock: int) -> None:
    handle = LinuxProcessHost().spawn(command(tmp_path, lock, "/bin/true"))
    asyncio.run(handle.wait(20))
    handle.close()

    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


@pytest.mark.parametrize("program", ["/no/such/program", "/dev/null"])
def test_a_program_that_cannot_run_is_named(tmp_path: Path, lock: int, program: str) -> None:
    with pytest.raises(RuntimeFailure, match=f"cannot start `{program}`"):
        LinuxProcessHost().spawn(command(tmp_path, lock, program))


def test_a_log_that_cannot_be_opened_is_named(tmp_path: Path, lock: int) -> None:
    given = command(tmp_path / "missing", lock)

    with pytest.raises(RuntimeFailure, match="cannot open the log file"):
        LinuxProcessHost().spawn(given)


def test_failed_starts_leave_no_descriptor_behind(tmp_path: Path, lock: int) -> None:
    before = open_files()

    for _ in range(5):
        with pytest.raises(RuntimeFailure):
            LinuxProcessHost().spawn(command(tmp_path, lock, "/no/such/program"))

    assert open_files() == before


def test_a_child_that_ended_without_a_handle_is_reaped_by_the_next_scan(tmp_path: Path, lock: int) -> None:
    host = LinuxProcessHost()
    handle = host.spawn(command(tmp_path, lock, "/bin/true"))
    while handle.alive():
        asyncio.run(asyncio.sleep(0.005))
    handle.close()

    host.scan()

    with pytest.raises(ProcessLookupError):
        os.kill(handle.identity.pid, 0)
