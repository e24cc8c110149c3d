"""Who else has the file, and how only one of us changes it at a time; nothing is written for either."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from reconciler.errors import LegacyError
from reconciler.legacy.private_copy import busy, pause

_PROCESSES = Path("/proc")


@contextmanager
def alone(real: Path, *, patience: float) -> Iterator[None]:
    """
    A block in which no other program has the file open and no second one of ours changes it.

    SQLite's locks do not show a program that has the file open and rests, as the dashboard does most of the time.

    Raises:
        LegacyError: the dashboard runs, or another migration does not end.
    """
    deadline = time.monotonic() + patience
    with ExitStack() as held:
        with suppress(PermissionError):
            directory = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            held.callback(os.close, directory)
            while not _locked(directory):
                pause(deadline, busy(real))
        while holder := _holder(real):
            pause(deadline, _held(real, *holder))
        yield


def _locked(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: SQLite's own remain.
        return True
    return True


def _holder(real: Path) -> tuple[int, str] | None:
    """Pid and name of a process with an open descriptor of the file; of those that we may see."""
    found = real.stat()
    for process in _PROCESSES.glob("[0-9]*"):
        if int(process.name) != os.getpid() and _has_open(process, (found.st_dev, found.st_ino)):
            return int(process.name), _name(process)
    return None


def _has_open(process: Path, file: tuple[int, int]) -> bool:
    try:
        with os.scandir(process / "fd") as descriptors:
            return any(_is(descriptor, file) for descriptor in descriptors)
    except OSError:
        return False


def _is(descriptor: "os.DirEntry[str]", file: tuple[int, int]) -> bool:
    try:
        found = descriptor.stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == file


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return "ended meanwhile"


def _held(real: Path, pid: int, name: str) -> LegacyError:
    return LegacyError(
        f"`{real}` is in use by process {pid} ({name})",
        kind="busy",
        detail="expected that no other program has it open",
        hint="stop the dashboard and try again; it may be started again afterwards",
    )
