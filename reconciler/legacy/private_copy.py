"""
A consistent copy of a database and what lies beside it, made without a write to the source or its directory.

While it is made, SQLite's own locks keep writers from the file. A program that takes no locks (`cp` over the file) or a
file system without them shows in sizes, times and inodes, which are compared before and after.
"""

import os
import shlex
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from errno import EACCES, EDQUOT, ENOENT, ENOSPC, ENOTDIR, EPERM
from pathlib import Path

from reconciler.errors import LegacyError
from reconciler.legacy.locks import lock_checkpoints, lock_shared

SIDES = ("-journal", "-wal")
"""What belongs to the content of a database; `-shm` is made anew from the log."""

_PAUSE = 0.02
_WAL_HEADER = 32
_PREFIX = "reconcile-"
_NAME = "source.db"
Mark = tuple[object, ...]


@contextmanager
def private_copy(path: Path, *, patience: float) -> Iterator[Path]:
    """
    The copy, in a directory of its own that only its owner may enter; it is gone after the block.

    Raises:
        LegacyError: the file is missing, unreadable or no file, stays locked, or there is no room for the copy.
    """
    real = real_file(path)
    with ExitStack() as held:
        try:
            directory = held.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True))
            target = Path(directory, _NAME)
            deadline = time.monotonic() + patience
            while not copied(real, target):
                pause(deadline, busy(path))
        except OSError as error:
            raise _refused(path, error) from error
        yield target


def pause(deadline: float, otherwise: LegacyError) -> None:
    """A moment for whoever has the file; after the deadline the error that says so."""
    if time.monotonic() > deadline:
        raise otherwise
    time.sleep(_PAUSE)


def busy(path: Path) -> LegacyError:
    """Another program holds the file."""
    return LegacyError(
        f"`{path}` is being written by another program",
        kind="busy",
        detail="expected a moment in which it rests, got a lock that stays",
        hint=f"stop the dashboard and try again; `fuser -v {shlex.quote(str(path))}` names who holds the file",
    )


def real_file(path: Path) -> Path:
    """
    The file behind links: what belongs to it lies beside it, not beside a link.

    Raises:
        LegacyError: there is none, or it is no file.
    """
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError) as error:
        raise _refused(path, error if isinstance(error, OSError) else OSError(ENOENT, str(error))) from error
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise LegacyError(
            f"`{path}` is {what}",
            kind="unreadable",
            detail="expected the file of a database",
            hint="the dashboard keeps it in `data/llama-dashboard.db` below its working directory",
        )
    return real


def copied(real: Path, target: Path, sides: tuple[str, ...] = SIDES) -> bool:
    """One attempt to copy a file and what lies beside it, byte for byte; false where somebody writes."""
    with ExitStack() as held:
        descriptor = _opened(real, held)
        if not lock_shared(descriptor):
            return False
        index = beside(real, "-shm")
        shared = index.exists()
        guarded = shared and os.access(index, os.R_OK)
        if guarded and not lock_checkpoints(_opened(index, held)):
            return False
        before = _marks(real, log_may_grow=guarded)
        for side in ("", *sides):
            _copy(beside(real, side), beside(target, side))
        return _marks(real, log_may_grow=guarded) == before and index.exists() == shared


def _opened(path: Path, held: ExitStack) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    held.callback(os.close, descriptor)
    return descriptor


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb") as read, target.open("wb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
    except FileNotFoundError:
        target.unlink(missing_ok=True)


def _marks(real: Path, *, log_may_grow: bool) -> list[Mark]:
    return [_mark(beside(real, side), by_head=log_may_grow and side == "-wal") for side in ("", *SIDES)]


def _mark(path: Path, *, by_head: bool) -> Mark:
    """By its head alone where the log may grow: what is added belongs to later transactions."""
    try:
        found = path.stat()
        if by_head:
            with path.open("rb") as file:
                return (found.st_ino, file.read(_WAL_HEADER))
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def beside(path: Path, side: str) -> Path:
    """The file that belongs to another one."""
    return path.with_name(path.name + side)


def no_room(path: Path) -> LegacyError:
    """The private copy does not fit."""
    return LegacyError(
        f"there is no room for a private copy of `{path}` in `{tempfile.gettempdir()}`",
        kind="unreadable",
        hint="make room there, or name another directory: `TMPDIR=DIR reconcile …`",
    )


def _refused(path: Path, error: OSError) -> LegacyError:
    if error.errno in (ENOSPC, EDQUOT) or f"{os.sep}{_PREFIX}" in str(error.filename):
        return no_room(path)
    # What lies beside the file may be another user's.
    side = next((one for one in (*SIDES, "-shm") if str(error.filename).endswith(one)), "")
    reason, hint = f"`{path}{side}` cannot be read: {error.strerror}", "mend the owner and the mode of the file"
    if error.errno in (ENOENT, ENOTDIR):
        reason = f"there is no file `{path}`"
        hint = "the dashboard keeps it in `data/llama-dashboard.db` below its working directory"
    elif error.errno not in (EACCES, EPERM):
        hint = "look at the errors of the disk with `dmesg`, and copy the file to another one"
    return LegacyError(reason, kind="unreadable", hint=hint)
