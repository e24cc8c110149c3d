"""Writing a file of the user anew, where it is and as it was: behind links, with its mode and owner, in one move."""

import os
from contextlib import suppress
from pathlib import Path

from reconciler.errors import RuntimeFailure


def write_in_place(path: Path, content: bytes) -> None:
    """
    Replaces the content of a file that exists.

    Raises:
        RuntimeFailure: when it cannot be written, or would not belong to its owner any more. It is as it was then.
    """
    target = path.resolve()
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        _write(aside, content, target.stat())
        aside.replace(target)
    except OSError as error:
        summary = f"cannot write `{path}`: {error.strerror}"
        raise RuntimeFailure(
            summary, hint="run it as the owner of the file, who may write its directory too"
        ) from error
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
