"""
A process held by a descriptor (pidfd_open(2), Linux 5.3): a signal through it never reaches another process.

The descriptor does not keep the number from being given away: what is read by number counts only if the
process is still alive afterwards.
"""

import asyncio
import fcntl
import os
import select
import signal
import struct
from functools import cache

from reconciler.errors import RuntimeFailure
from reconciler.runtime.ports import Exit

# linux/pidfd.h: the first version of `struct pidfd_info`, its request, and the bit that asks for the exit.
_INFO = struct.Struct("=QQ11Ii")
_GET_INFO = (3 << 30) | (_INFO.size << 16) | (0xFF << 8) | 11
_INFO_EXIT = 1 << 3
_REAP_TRIES = 20
_REAP_PAUSE = 0.005


def open_pidfd(pid: int) -> int | None:
    """
    A descriptor of a process, closed on exec; `None` when there is no such process.

    Raises:
        RuntimeFailure: when the kernel has no pidfds or no descriptors are left.
    """
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    except OSError as error:
        summary = f"cannot open process {pid}: {error.strerror}"
        raise RuntimeFailure(summary, hint="Linux 5.3 or later is needed; see `ulimit -n` for open files") from error


def inode(pidfd: int) -> int | None:
    """What tells this process from all others of this boot; `None` before Linux 6.9 (pidfs)."""
    found = os.fstat(pidfd)
    return None if (found.st_dev, found.st_ino) == _anonymous_inode() else found.st_ino


@cache
def _anonymous_inode() -> tuple[int, int]:
    """The one inode that kernels without pidfs give to pidfds and all other anonymous files alike."""
    other = os.eventfd(0)
    try:
        found = os.fstat(other)
    finally:
        os.close(other)
    return found.st_dev, found.st_ino


def ended(pidfd: int) -> bool:
    """Whether the process has ended; a zombie has."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def send(pidfd: int, number: int) -> bool:
    """Sends a signal; `False` when the process has ended."""
    if ended(pidfd):
        return False
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        summary = f"not allowed to send signal {number} to a process of another user"
        raise RuntimeFailure(summary) from error
    return True


async def until_ended(pidfd: int) -> None:
    """Waits in the running event loop until the process has ended."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    # A copy: the loop knows one reader a descriptor, and the caller may close its own meanwhile.
    copy = os.dup(pidfd)
    loop.add_reader(copy, _settle, over)
    try:
        await over
    finally:
        loop.remove_reader(copy)
        os.close(copy)


def _settle(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)


async def exit_of_stranger(pidfd: int) -> Exit:
    """
    How a process ended that is not our child; unknown before Linux 6.15.

    The kernel tells it only after the parent (mostly init) has reaped the process, which takes a moment.
    """
    for _ in range(_REAP_TRIES):
        try:
            status = _exit_status(pidfd)
        except OSError:
            # A kernel without this request: nobody but the parent is told.
            return Exit()
        if status is not None:
            return from_wait_status(status)
        await asyncio.sleep(_REAP_PAUSE)
    return Exit()


def _exit_status(pidfd: int) -> int | None:
    asked = bytearray(_INFO.pack(_INFO_EXIT, *([0] * 13)))
    fcntl.ioctl(pidfd, _GET_INFO, asked)
    mask, *_, status = _INFO.unpack(asked)
    return int(status) if mask & _INFO_EXIT else None


def from_wait_status(status: int) -> Exit:
    """Takes apart a status as wait(2) gives it."""
    if os.WIFSIGNALED(status):
        return Exit(signal=os.WTERMSIG(status))
    return Exit(code=os.WEXITSTATUS(status))
