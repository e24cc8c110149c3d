"""
What `/proc` says of one process (proc(5)), read once and by hand: a scan reads hundreds of these files.

A process that ends meanwhile is `None`. One that is closed to us raises `PermissionError`, which each caller
has to answer: it means "not ours", never "not there".
"""

# ruff: noqa: PTH115, PTH116, PTH208 - pathlib doubles the price of a scan

import os
import time
from functools import cache, partial

from reconciler.domain.frozen import frozen
from reconciler.domain.identity import Marks
from reconciler.domain.names import InstanceId, SlotUid

_DELETED = " (deleted)"
_SLOT_LOCKS = "/run/slots/"
_CHUNK = 65_536
_MARK = b"RECONCILE_SLOT="


@frozen
class Stat:
    """The fields of `/proc/PID/stat` that matter here; `state` is one letter, `Z` for a zombie."""

    state: str
    parent_pid: int
    start_ticks: int

    @property
    def dead(self) -> bool:
        """Whether it has ended and only waits to be reaped."""
        return self.state in {"Z", "X", "x"}

    @property
    def started_at(self) -> float:
        """Seconds since the epoch: ticks are counted from boot, through suspends."""
        boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return round(boot + self.start_ticks / os.sysconf("SC_CLK_TCK"), 2)


@cache
def boot_id() -> str:
    """Names this boot of the kernel; it is another one after every start of the machine."""
    descriptor = os.open("/proc/sys/kernel/random/boot_id", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 64).decode().strip()
    finally:
        os.close(descriptor)


def pids() -> list[int]:
    """Every process that we are allowed to see."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def read(pid: int, name: str) -> bytes | None:
    """One file of a process, whole."""
    try:
        descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None
    try:
        return b"".join(iter(partial(os.read, descriptor, _CHUNK), b""))
    except ProcessLookupError:
        return None
    finally:
        os.close(descriptor)


def stat(pid: int) -> Stat | None:
    """State, parent and start; the name in parentheses may hold anything, so we count from the last `)`."""
    text = read(pid, "stat")
    if not text:
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    return Stat(state=fields[0].decode(), parent_pid=int(fields[1]), start_ticks=int(fields[19]))


def is_own(pid: int) -> bool:
    """Whether it runs as our user; the kernel names root as owner of what it hides from its own user."""
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.geteuid()
    except (FileNotFoundError, ProcessLookupError):
        return False


def outranks_us(pid: int) -> bool:
    """
    Whether it may do what we may not (capabilities(7)), which nothing can that we have started.

    The kernel hides such a process even from root: pid 1 of a container, mostly.
    """
    return bool(_capabilities(pid) & ~_capabilities(os.getpid()))


def _capabilities(pid: int) -> int:
    lines = (read(pid, "status") or b"").splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith(b"CapPrm:")), 0)


def argv(pid: int) -> tuple[str, ...]:
    """The command line; empty for a kernel thread, a zombie and what is gone."""
    text = read(pid, "cmdline")
    return tuple(os.fsdecode(part) for part in text.removesuffix(b"\0").split(b"\0")) if text else ()


def environment(pid: int) -> bytes | None:
    """The environment as it was at exec, entries ended by NUL."""
    return read(pid, "environ")


def may_be_ours(environ: bytes) -> bool:
    """A quick look for the mark of a slot."""
    return environ.startswith(_MARK) or b"\0" + _MARK in environ


def variable(environ: bytes, name: str) -> str | None:
    """The value of a variable; the first counts, as for getenv(3)."""
    entry = os.fsencode(f"{name}=")
    return next((os.fsdecode(one[len(entry) :]) for one in environ.split(b"\0") if one.startswith(entry)), None)


def marks(environ: bytes) -> Marks | None:
    """The three marks; `None` unless all of them are there."""
    if not may_be_ours(environ):
        return None
    entries = [os.fsdecode(entry) for entry in environ.split(b"\0") if entry.startswith(b"RECONCILE_")]
    # As getenv(3): the first of two entries of one name counts.
    found = dict(entry.split("=", 1) for entry in reversed(entries) if "=" in entry)
    try:
        return Marks(
            instance=InstanceId(found["RECONCILE_INSTANCE"]),
            fleet=found["RECONCILE_FLEET"],
            slot=SlotUid(found["RECONCILE_SLOT"]),
        )
    except KeyError:
        return None


def executable(pid: int) -> tuple[str, bool]:
    """Path of the running program, and whether the file was deleted since; empty when hidden."""
    try:
        link = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return "", False
    return link.removesuffix(_DELETED), link.endswith(_DELETED)


def directory(pid: int) -> str:
    """The working directory; empty when hidden."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def executable_inode(pid: int) -> tuple[int, int] | None:
    """Device and inode of the running program, also of a deleted one; `None` when hidden."""
    try:
        found = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def memory_bytes(pid: int) -> int | None:
    """Resident set size, from the second field of `statm`, which counts pages."""
    text = read(pid, "statm")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") if text else None


def written_bytes(pid: int) -> int | None:
    """What its `write` calls took, `wchar` of `io`; `None` when hidden."""
    try:
        text = read(pid, "io") or b""
    except PermissionError:
        return None
    found = (line.split()[1] for line in text.splitlines() if line.startswith(b"wchar:"))
    return next(map(int, found), None)


def descriptors(pid: int) -> list[str]:
    """
    What its open descriptors point at.

    Raises:
        PermissionError: when they are hidden from us.
    """
    directory = f"/proc/{pid}/fd"
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, ProcessLookupError):
        return []
    links = (_link(f"{directory}/{name}") for name in names)
    return [link for link in links if link]


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except (FileNotFoundError, ProcessLookupError):
        # Closed between the listing and the look.
        return ""


def slot_lock(pid: int) -> str | None:
    """The slot lock that it holds open, also one whose file was deleted."""
    for link in descriptors(pid):
        path = link.removesuffix(_DELETED)
        if _SLOT_LOCKS in path and path.endswith(".lock"):
            return path
    return None
