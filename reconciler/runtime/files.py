"""Files that we look at or write for servers, behind the port `Files`."""

import errno
import json
import mmap
import os
import socket
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.domain.observation import FileFacts
from reconciler.errors import GgufError, RuntimeFailure
from reconciler.llama.shards import shard_names

_TAIL_BYTES = 65_536


class HostFiles:
    """
    The file system of this machine.

    A header with a large vocabulary takes milliseconds to check, so files found whole are remembered by size
    and time of change: in memory, and in `cache` when it is given, which is safe to delete.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._whole = _remembered(cache) if cache else {}

    def models(self, paths: Iterable[str]) -> dict[str, FileFacts]:
        """The facts of several files; what was learned is kept for the next process, if there is a place for it."""
        known = dict(self._whole)
        facts = {path: self.model(path) for path in paths}
        if self._cache and self._whole != known:
            # A memory that cannot be written costs time and nothing else.
            with suppress(OSError):
                _replace(self._cache, json.dumps(self._whole).encode())
        return facts

    def model(self, path: str) -> FileFacts:
        """Size, time and whether the bytes begin like a GGUF with all its shards and a whole header."""
        file = Path(path)
        try:
            stat = file.stat()
        except OSError as error:
            return _unusable(path, error)
        size, mtime = stat.st_size, stat.st_mtime_ns
        match self._whole.get(path):
            case [known_size, known_mtime, (str() | None) as architecture] if (known_size, known_mtime) == (
                size,
                mtime,
            ):
                if not _missing_shards(file):
                    return FileFacts(path=path, size=size, mtime_ns=mtime, architecture=architecture)
        found = _looked_into(path, size=size, mtime_ns=mtime)
        if not found.problem:
            self._whole[path] = [size, mtime, found.architecture]
        return found

    def write(self, path: Path, text: str) -> None:
        """
        Replaces a file atomically, with mode 0600; readers see the old one or the new one, whole.

        Raises:
            RuntimeFailure: when the directory or the disk refuses it; the old file stays.
        """
        try:
            _replace(path, text.encode())
        except OSError as error:
            summary = f"cannot write `{path}`: {error.strerror}"
            raise RuntimeFailure(summary) from error

    def tail(self, path: Path, *, lines: int = 20, since: int = 0) -> tuple[str, ...]:
        """The last lines of a log, from within its last 64 KiB and after the offset `since`."""
        try:
            with path.open("rb") as log:
                start = max(since, log.seek(0, os.SEEK_END) - _TAIL_BYTES)
                log.seek(start)
                found = log.read(_TAIL_BYTES).decode(errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        # The first line of the piece may have lost its beginning.
        whole = found[1:] if start > since and len(found) > 1 else found
        return tuple(whole[-lines:]) if lines > 0 else ()

    def size(self, path: Path) -> int:
        """Bytes of a file; 0 when there is none."""
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def clear_socket(self, path: Path) -> bool:
        """Removes a unix socket that nobody listens on; `False` when somebody does, or when it is no socket."""
        if not path.is_socket():
            return not path.exists()
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
                return False
        path.unlink(missing_ok=True)
        return True

    def rotate(self, path: Path, *, max_size: int, max_files: int) -> None:
        """Moves a log that is large enough aside, the newest as `.1`; more than `max_files` are not kept."""
        size = self.size(path)
        if not size or size < max_size:
            return
        # A log that cannot be moved costs disk; the server that waits for it would cost more.
        with suppress(OSError):
            # The oldest first, so that each finds its place free, also after a rotation that was cut off.
            for number, kept in sorted(_rotated(path).items(), reverse=True):
                _move_on(path, kept, number + 1, max_files)
            _move_on(path, path, 1, max_files)


def cache_of(directory: Path) -> Path | None:
    """The place of a store to remember what was read; nothing is made for a fleet that was never applied."""
    cache = directory / "cache"
    return cache if directory.is_dir() and (cache.is_dir() or not cache.exists()) else None


def private_directory(path: Path) -> Path:
    """
    Makes a directory, with its parents, that only its owner can enter.

    Raises:
        RuntimeFailure: when it cannot be made, or is there and belongs to somebody else.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        summary = f"cannot prepare the directory `{path}`: {error.strerror}"
        raise RuntimeFailure(
            summary, hint="mend the path or its permissions, or name another with `--store`"
        ) from error
    return path


def _replace(path: Path, content: bytes) -> None:
    # In the same directory, since a rename is atomic only within a file system; mkstemp gives mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    except BaseException:
        aside.unlink()
        raise


def _rotated(path: Path) -> dict[int, Path]:
    """What is kept of a log, by number."""
    beside = {one.name.removeprefix(f"{path.name}."): one for one in path.parent.iterdir()}
    return {int(suffix): one for suffix, one in beside.items() if suffix.isascii() and suffix.isdecimal()}


def _move_on(path: Path, kept: Path, number: int, last: int) -> None:
    if number > last:
        kept.unlink()
    else:
        kept.replace(path.with_name(f"{path.name}.{number}"))


def _remembered(cache: Path) -> dict[str, Any]:
    try:
        found = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        # Only a memory of checks that can be made again.
        return {}
    return found if isinstance(found, dict) else {}


def _looked_into(path: str, *, size: int, mtime_ns: int) -> FileFacts:
    """The facts of a file, with why it cannot be loaded and what to do about it, if it cannot."""
    known = FileFacts(path=path, size=size, mtime_ns=mtime_ns)
    file = Path(path)
    if file.is_dir():
        return replace(known, problem=f"`{path}` is a directory", hint="name the .gguf file in it")
    if missing := _missing_shards(file):
        problem = f"{len(missing)} shards are missing: {', '.join(missing)}"
        return replace(known, problem=problem, hint="put all shards in one directory")
    try:
        return replace(known, architecture=_architecture(file))
    except OSError as error:
        failed = _unusable(path, error)
        return replace(known, problem=failed.problem, hint=failed.hint)
    except GgufError as error:
        problem = f"{error.summary}: {error.detail}" if error.detail else error.summary
        return replace(known, problem=problem, hint=error.hint)


def _architecture(path: Path) -> str | None:
    """What the header says, which must be whole."""
    from reconciler.llama.gguf import parse_header  # noqa: PLC0415 - files that did not change are not read again

    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return parse_header(b"").architecture
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
            return parse_header(view).architecture


def _missing_shards(path: Path) -> list[str]:
    names = shard_names(path.name)
    return [name for name in names if not path.with_name(name).exists()] if len(names) > 1 else []


def _unusable(path: str, error: OSError) -> FileFacts:
    if isinstance(error, FileNotFoundError):
        hint = "correct `path`, or put the file there"
        return FileFacts(path=path, problem=f"`{path}` does not exist", hint=hint)
    if isinstance(error, PermissionError):
        return FileFacts(path=path, problem=f"`{path}` is not readable for us", hint=f"chmod u+r {path}")
    return FileFacts(path=path, problem=f"`{path}` cannot be read: {error.strerror}")
