"""What is special of Linux: `/proc`, pidfds, and processes whose parent is somebody else."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.names import InstanceId, SlotUid
from reconciler.runtime import pidfd, procfs
from reconciler.runtime.listening import listeners
from reconciler.runtime.locks import FileSlotLocks
from reconciler.runtime.ports import Exit
from reconciler.runtime.processes import LinuxProcessHost

MARKS = Marks(instance=InstanceId("i"), fleet="f", slot=SlotUid("s"))

STARTER = """
    import sys
    from pathlib import Path
    from reconciler.runtime.locks import FileSlotLocks
    from reconciler.runtime.ports import Command
    from reconciler.runtime.processes import LinuxProcessHost
    directory = Path(sys.argv[1])
    lock = FileSlotLocks(directory / "run" / "slots").acquire("s", "model/a")
    environment = {"RECONCILE_INSTANCE": "i", "RECONCILE_FLEET": "f", "RECONCILE_SLOT": "s"}
    handle = LinuxProcessHost().spawn(
        Command(argv=("sleep", "1000"), environment=environment, log=directory / "log", lock=lock)
    )
    print(handle.identity.pid, handle.identity.start_ticks)
"""


def kernel() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int(minor)


def start_by_a_program_that_ends(directory: Path) -> ProcessIdentity:
    (directory / "run" / "slots").mkdir(parents=True)
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(STARTER), str(directory)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30)
    assert done.stderr == ""
    pid, ticks = map(int, done.stdout.split())
    return ProcessIdentity(boot_id=procfs.boot_id(), pid=pid, start_ticks=ticks)


@pytest.mark.invariant("I5")
def test_a_server_survives_its_starter_and_is_found_by_mark_and_lock(tmp_path: Path) -> None:
    identity = start_by_a_program_that_ends(tmp_path)
    locks, host = FileSlotLocks(tmp_path / "run" / "slots"), LinuxProcessHost()

    assert locks.held() == {"s"}
    assert locks.acquire(SlotUid("s"), "model/a") is None
    (found,) = (one for one in host.scan().processes if one.identity.matches(identity))
    assert found.marks == MARKS
    assert found.lock_path == str(tmp_path / "run" / "slots" / "s.lock")

    handle = host.open(identity, marks=MARKS)
    assert handle is not None
    handle.signal(signal.SIGKILL)
    assert asyncio.run(handle.wait(10)) is not None
    handle.close()
    assert locks.held() == frozenset()


def test_a_deleted_lock_file_is_still_told(tmp_path: Path) -> None:
    identity = start_by_a_program_that_ends(tmp_path)
    (tmp_path / "run" / "slots" / "s.lock").unlink()
    host = LinuxProcessHost()

    found = host.inspect(identity.pid)

    assert found is not None
    assert found.lock_path == str(tmp_path / "run" / "slots" / "s.lock")
    handle = host.open(identity, marks=MARKS)
    assert handle is not None
    handle.signal(signal.SIGKILL)
    asyncio.run(handle.wait(10))
    handle.close()


def test_the_exit_of_somebody_elses_child_is_told_by_kernels_that_can() -> None:
    """A shell in between is the parent that reaps."""
    parent = subprocess.Popen(
        ["/bin/sh", "-c", "exec 3<&0; /bin/sh -c 'echo $$; read line; exit 7' <&3 & wait; echo over; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    host = LinuxProcessHost()
    seen = host.inspect(int(parent.stdout.readline()))
    assert seen is not None
    handle = host.open(seen.identity, marks=None, argv=seen.argv)
    assert handle is not None

    parent.stdin.write("go\n")
    parent.stdin.flush()
    ended = asyncio.run(handle.wait(10))
    handle.close()
    parent.communicate("end\n", timeout=10)

    assert ended == (Exit(code=7) if kernel() >= (6, 15) else Exit())


@pytest.mark.invariant("I2")
def test_pidfds_tell_processes_apart_where_the_kernel_has_pidfs() -> None:
    first, second = os.pidfd_open(os.getpid()), os.pidfd_open(os.getppid())

    inodes = {pidfd.inode(first), pidfd.inode(second)}

    os.close(first)
    os.close(second)
    assert len(inodes) == 2 if kernel() >= (6, 9) else inodes == {None}


def test_a_name_with_parentheses_and_blanks_does_not_shift_the_fields(tmp_path: Path) -> None:
    odd = tmp_path / "a) R 1 (b"
    odd.symlink_to("/bin/sleep")
    child = subprocess.Popen([odd, "1000"])

    found = procfs.stat(child.pid)

    child.kill()
    child.wait()
    assert found is not None
    assert found.parent_pid == os.getpid()


@pytest.mark.parametrize("pid", [2**22 + 1, 2**31 - 1])
def test_a_pid_that_cannot_be_is_nobody(pid: int) -> None:
    assert LinuxProcessHost().inspect(pid) is None


@pytest.mark.invariant("I4")
@pytest.mark.parametrize(
    ("environ", "marks"),
    [
        (b"", None),
        (b"RECONCILE_SLOT=s\0", None),
        (b"RECONCILE_SLOT=s\0RECONCILE_FLEET=f\0RECONCILE_INSTANCE=i\0", MARKS),
        (b"A=1\0RECONCILE_SLOT=s\0RECONCILE_SLOT=t\0RECONCILE_FLEET=f\0RECONCILE_INSTANCE=i\0", MARKS),
        (b"XRECONCILE_SLOT=s\0RECONCILE_FLEET=f\0RECONCILE_INSTANCE=i\0", None),
    ],
    ids=["empty", "one-of-three", "all", "the-first-of-two-counts", "another-name"],
)
def test_marks_are_three_or_none(environ: bytes, marks: Marks | None) -> None:
    assert procfs.marks(environ) == marks


def test_an_exe_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    program = tmp_path / "sleeper"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o700)
    child = subprocess.Popen([program, "1000"])
    host = LinuxProcessHost()
    before = host.inspect(child.pid)
    program.unlink()

    after = host.inspect(child.pid)

    child.kill()
    child.wait()
    assert before is not None
    assert after is not None
    assert (before.executable, before.exe_deleted) == (str(program), False)
    assert (after.executable, after.exe_deleted) == (str(program), True)
    assert after.identity == before.identity


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_our_own_listener_is_found(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]

        assert listeners([port]) == {port: os.getpid()}


def test_a_child_that_inherited_the_socket_is_not_taken_for_the_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = subprocess.Popen(["sleep", "1000"], pass_fds=(server.fileno(),))

        found = listeners([port], likely=[child.pid])

        child.kill()
        child.wait()
        assert found == {port: os.getpid()}


def test_a_scan_here_is_complete() -> None:
    """Also in a container, where pid 1 is ours by its user and hidden by its capabilities."""
    found = LinuxProcessHost().scan(marked_only=False)

    assert found.problems == ()
    assert found.complete
    assert os.getpid() in {process.identity.pid for process in found.processes}


@pytest.mark.invariant("I5")
def test_a_process_with_our_rights_does_not_outrank_us() -> None:
    assert not procfs.outranks_us(os.getpid())
