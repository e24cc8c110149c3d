"""
Kernel locks (flock(2)): they belong to an open file, are inherited, and die with the last holder.

So there is nothing to break or to force: a lock that is held is held by somebody who lives.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.domain.names import SlotUid
from reconciler.errors import RuntimeFailure

_SUFFIX = ".lock"
_TRIES = 5
_PAUSE = 0.004


def lock_file(path: Path) -> int | None:
    """
    Locks a file, made with mode 0600 when missing, and returns its descriptor; `None` when another holds it.

    Raises:
        RuntimeFailure: when the file cannot be opened or made.
    """
    while True:
        descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        if not _lock(descriptor, fcntl.LOCK_EX):
            os.close(descriptor)
            return None
        if _is_still(path, descriptor):
            return descriptor
        # Deleted between our open and our lock: who comes next makes a new file and would not see our lock.
        os.close(descriptor)


class FileSlotLocks:
    """One file `UID.lock` a slot in `run/slots`, with the name of its resource; see the port `SlotLocks`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def acquire(self, slot: SlotUid, resource: str) -> int | None:
        """Locks and returns the descriptor to hand on; `None` when a live process holds it."""
        path = self._directory / f"{slot}{_SUFFIX}"
        for _ in range(_TRIES):
            descriptor = lock_file(path)
            if descriptor is not None:
                content = json.dumps({"slot": slot, "resource": resource}).encode() + b"\n"
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, content, 0)
                return descriptor
            # `held` of a reader beside us takes the lock too, for some microseconds.
            time.sleep(_PAUSE)
        return None

    def release(self, descriptor: int) -> None:
        """Closes our copy; the lock stays while the child has its own."""
        os.close(descriptor)

    def held(self) -> frozenset[SlotUid]:
        """Slots whose lock somebody holds, ourselves included."""
        return frozenset(slot for slot, path in self._files() if _is_held(path))

    def resources(self) -> Mapping[SlotUid, str]:
        """Which resource each lock file was made for; a file that a crash left empty is left out."""
        named = ((slot, _resource(path)) for slot, path in self._files())
        return {slot: resource for slot, resource in named if resource}

    def discard(self, slot: SlotUid) -> bool:
        """Deletes the lock file of a slot that is no more; `False` when a live process holds it."""
        path = self._directory / f"{slot}{_SUFFIX}"
        descriptor = lock_file(path)
        if descriptor is None:
            return False
        path.unlink()
        os.close(descriptor)
        return True

    def _files(self) -> Iterator[tuple[SlotUid, Path]]:
        for path in sorted(self._directory.glob(f"*{_SUFFIX}")):
            yield SlotUid(path.name.removesuffix(_SUFFIX)), path


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        summary = f"cannot open the lock `{path}`: {error.strerror}"
        raise RuntimeFailure(summary) from error


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    descriptor = _open(path, os.O_RDONLY)
    try:
        # Shared, so that two who ask do not take each other for a holder.
        return not _lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _resource(path: Path) -> str:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return ""
    return str(found.get("resource", "")) if isinstance(found, dict) else ""
