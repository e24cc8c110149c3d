"""The files of a simulated machine as one program sees them: the port `Files`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.domain.observation import FileFacts
from reconciler.errors import RuntimeFailure

if TYPE_CHECKING:
    from tests.simulation.program import Program

TAIL_BYTES = 65_536


class SimulatedFiles:
    """The port `Files` of one program."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._disk = program.host.disk

    def models(self, paths: Iterable[str]) -> Mapping[str, FileFacts]:
        self._program.alive()
        return {path: self._disk.facts(path) for path in paths}

    def write(self, path: Path, text: str) -> None:
        self._program.boundary("write:before")
        if why := self._disk.refusal() or self._program.host.no_folder(path):
            raise RuntimeFailure(f"cannot write `{path}`: {why}")
        self._disk.texts[str(path)] = text.encode()
        self._program.boundary("write:after")

    def tail(self, path: Path, *, lines: int = 20, since: int = 0) -> tuple[str, ...]:
        self._program.alive()
        content = self._disk.texts.get(str(path), b"")
        start = max(since, len(content) - TAIL_BYTES)
        found = content[start:].decode(errors="replace").splitlines()
        whole = found[1:] if start > since and len(found) > 1 else found
        return tuple(whole[-lines:]) if lines > 0 else ()

    def size(self, path: Path) -> int:
        self._program.alive()
        return len(self._disk.texts.get(str(path), b""))

    def clear_socket(self, path: Path) -> bool:
        self._program.alive()
        kernel = self._program.host.kernel
        return str(path) not in self._disk.texts and kernel.socket_listener(str(path)) is None

    def rotate(self, path: Path, *, max_size: int, max_files: int) -> None:
        self._program.boundary("rotate:before")
        size = self.size(path)
        if not size or size < max_size or self._disk.refusal():
            return
        names = [str(path), *(f"{path}.{number}" for number in range(1, max_files + 1))]
        self._disk.texts.pop(names[-1], None)
        for older, newer in reversed(list(zip(names[1:], names[:-1], strict=True))):
            if newer in self._disk.texts:
                self._disk.texts[older] = self._disk.texts.pop(newer)
        self._program.boundary("rotate:after")
