"""
Who listens on which TCP port: the kernel has ports and inodes, `/proc/PID/fd` has inodes and processes.

The second half is a walk over all descriptors, so it is made only for the ports in question and ends with the
last one.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from reconciler.runtime import procfs, sock_diag

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTEN = b"0A"


def listeners(ports: Iterable[int] | None = None, *, likely: Iterable[int] = ()) -> Mapping[int, int | None]:
    """
    Ports in state LISTEN on any address, with the pid of the process; `None` when its owner hides it from us.

    Args:
        ports: the ports in question; all when `None`.
        likely: pids to look at before all others.
    """
    wanted = None if ports is None else frozenset(ports)
    sockets = {inode: port for inode, port in _sockets() if wanted is None or port in wanted}
    # Servers have one parent, whose descriptors are looked at once.
    held = cache(lambda pid: _held(pid, sockets))
    found: dict[int, int | None] = dict.fromkeys(sockets.values())
    for pid in _candidates(likely) if sockets else ():
        for inode in held(pid):
            found[sockets[inode]] = _eldest(pid, inode, held)
        if None not in found.values():
            break
    return found


def _sockets() -> Iterable[tuple[str, int]]:
    """The link of a descriptor to a listening socket, and its port."""
    try:
        found = sock_diag.listening()
    except OSError:
        # Some sandboxes have no netlink; the tables cost more and say the same.
        found = list(tables())
    return ((f"socket:[{inode}]", port) for inode, port in found)


def tables() -> Iterable[tuple[int, int]]:
    """Inode and port of each listening socket, as `/proc/net` lists them (proc(5))."""
    for table in filter(Path.exists, map(Path, _TABLES)):
        for line in table.read_bytes().splitlines()[1:]:
            fields = line.split(maxsplit=10)
            if fields[3] == _LISTEN:
                yield int(fields[9]), int(fields[1].rpartition(b":")[2], 16)


def _candidates(likely: Iterable[int]) -> Iterable[int]:
    first = tuple(likely)
    yield from first
    # Newest first: servers are younger than the system around them.
    yield from (pid for pid in sorted(procfs.pids(), reverse=True) if pid not in first)


def _held(pid: int, sockets: Mapping[str, int]) -> set[str]:
    try:
        return sockets.keys() & set(procfs.descriptors(pid))
    except PermissionError:
        return set()


def _eldest(pid: int, inode: str, held: Callable[[int], set[str]]) -> int:
    """The process that listens is the one whose parent does not hold the socket; children inherit it."""
    while (stat := procfs.stat(pid)) and inode in held(stat.parent_pid):
        pid = stat.parent_pid
    return pid
