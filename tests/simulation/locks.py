"""Slot locks of a simulated kernel: an open file is held by whoever inherited it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.domain.names import SlotUid
from reconciler.errors import RuntimeFailure

if TYPE_CHECKING:
    from tests.simulation.program import Program


class LockFile:
    """
    An inode with a lock.

    Attributes:
        holders: who has it open; locked as long as there is one. It may have lost its name meanwhile.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.resource = ""
        self.holders: set[object] = set()

    @property
    def held(self) -> bool:
        return bool(self.holders)


class LockTable:
    """The lock files of a machine, by path."""

    def __init__(self) -> None:
        self.files: dict[str, LockFile] = {}

    def lose(self, directory: Path) -> None:
        """Deletes all below a directory; who has one open keeps it."""
        for path in [path for path in self.files if Path(path).is_relative_to(directory)]:
            del self.files[path]


class SimulatedSlotLocks:
    """The port `SlotLocks` of one program."""

    def __init__(self, program: "Program", directory: Path) -> None:
        self._program, self._directory = program, directory
        self._table = program.host.kernel.locks

    def acquire(self, slot: SlotUid, resource: str) -> int | None:
        self._program.boundary("lock:before")
        path = str(self._directory / f"{slot}.lock")
        known = self._table.files.get(path)
        if known is not None and known.held:
            return None
        if known is None and (why := self._refused()):
            raise RuntimeFailure(f"cannot open the lock `{path}`: {why}")
        file = known or self._table.files.setdefault(path, LockFile(path))
        file.resource = resource
        descriptor = self._program.opens(file)
        self._program.boundary("lock:after")
        return descriptor

    def _refused(self) -> str:
        if not self._directory.is_dir():
            return "No such file or directory"
        return self._program.host.disk.refusal()

    def release(self, descriptor: int) -> None:
        self._program.alive()
        self._program.closes(descriptor)

    def held(self) -> frozenset[SlotUid]:
        return frozenset(slot for slot, file in self._files().items() if file.held)

    def resources(self) -> Mapping[SlotUid, str]:
        return {slot: file.resource for slot, file in self._files().items() if file.resource}

    def _files(self) -> dict[SlotUid, LockFile]:
        self._program.alive()
        here = str(self._directory)
        named = sorted((Path(path), file) for path, file in self._table.files.items())
        return {SlotUid(path.stem): file for path, file in named if str(path.parent) == here}
