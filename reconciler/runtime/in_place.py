"""Writing a file of the user anew, where it is and as it was: behind links, with its mode and owner."""

import errno
import os
import stat
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path

from reconciler.errors import RuntimeFailure

WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def write_in_place(path: Path, content: bytes) -> None:
    """
    Replaces the content of a file that exists, in one move unless it has other names.

    Raises:
        RuntimeFailure: when it cannot be written, or would not belong to its owner any more. It is as it was then.
    """
    try:
        target = path.resolve()
        like = target.stat()
        if not like.st_mode & WRITABLE:
            summary = f"`{path}` is not to be written by anybody"
            raise RuntimeFailure(summary, hint=f"allow it: `chmod u+w {path}`")
        if like.st_nlink > 1:
            _write_through(target, content)
        else:
            _replace(target, content, like)
    except OSError as error:
        raise RuntimeFailure(f"cannot write `{path}`: {error.strerror}", hint=_way_out(error)) from error


def _way_out(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "run it as the owner of the file, who may write its directory too"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "make place on the disk, and run it again"
    return "mend what the system says, and run it again"


def _write_through(target: Path, content: bytes) -> None:
    """Another name of the same file keeps its content too; what fails in the middle is put back."""
    with target.open("r+b", buffering=0) as stream:
        before = stream.read()
        try:
            _overwrite(stream, content)
        except OSError:
            _overwrite(stream, before)
            raise


def _overwrite(stream: FileIO, content: bytes) -> None:
    stream.seek(0)
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]
    stream.truncate(len(content))
    os.fsync(stream.fileno())


def _replace(target: Path, content: bytes, like: os.stat_result) -> None:
    # Not named after the file: the name could become too long.
    aside = target.with_name(f".reconcile-{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        _write(aside, content, like)
        aside.replace(target)
    finally:
        with suppress(OSError):
            aside.unlink()


def _write(aside: Path, content: bytes, like: os.stat_result) -> None:
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
            os.fchown(descriptor, like.st_uid, like.st_gid)
        os.fchmod(descriptor, like.st_mode & 0o7777)
        os.fsync(descriptor)
