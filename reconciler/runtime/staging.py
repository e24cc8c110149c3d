"""
Files that are whole on the disk before they have a name: a program that is killed leaves all of one or nothing.

O_TMPFILE of Linux gives a file that vanishes with its descriptor. Where a file system has none, the file has a name
that is always the same, so that at most one is left over, for the next run to take.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.errors import RuntimeFailure

_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL})
_EVERYBODY = 0o666


class Staged:
    """
    One file on its way; a `with` block forgets it unless it was published.

    Attributes:
        path: where it goes.
    """

    def __init__(self, path: Path, content: bytes, *, private: bool = False) -> None:
        self.path = path
        self._aside = path.with_name(f".{path.name}.new")
        self._named = False
        with _told(path):
            self._descriptor = self._opened(0o600 if private else _EVERYBODY)
            try:
                with os.fdopen(os.dup(self._descriptor), "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(self._descriptor)
            except OSError:
                self.close()
                raise

    def publish(self) -> None:
        """
        Gives the file its name, in place of whatever had it, whose mode it keeps.

        Raises:
            RuntimeFailure: the directory refuses it.
        """
        with _told(self.path):
            with suppress(FileNotFoundError):
                os.fchmod(self._descriptor, self.path.stat().st_mode & 0o7777)
            if not self._named:
                self._aside.unlink(missing_ok=True)
                # Python follows the link only where it is also told from where.
                os.link(f"/proc/self/fd/{self._descriptor}", self._aside, src_dir_fd=self._descriptor)
                self._named = True
            self._aside.replace(self.path)
            self._named = False
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def close(self) -> None:
        """Forgets what was not published."""
        os.close(self._descriptor)
        if self._named:
            self._aside.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self, mode: int) -> int:
        try:
            return os.open(self.path.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, mode)
        except OSError as error:
            if error.errno not in _UNSUPPORTED or not self.path.parent.is_dir():
                raise
        self._aside.unlink(missing_ok=True)
        self._named = True
        return os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)


class _told:  # noqa: N801 - reads as a word of a sentence
    """Says what could not be written, and why."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            hint = "make room on the disk, and run it again" if full else "name a place that you may write to"
            raise RuntimeFailure(f"cannot write `{self.path}`: {error.strerror}", hint=hint) from error
