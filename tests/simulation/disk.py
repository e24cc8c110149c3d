"""The files of a simulated machine: models, logs, and what we write for servers."""

from dataclasses import dataclass

from reconciler.domain.observation import FileFacts

GIB = 1 << 30


@dataclass
class ModelFile:
    """
    A GGUF.

    Attributes:
        whole: how much of it is there, in bytes; a server finds out what the header does not say.
        problem: what a look at its header says.
    """

    size: int
    mtime_ns: int
    whole: int
    architecture: str = "llama"
    problem: str = ""


class Disk:
    """
    One disk.

    Attributes:
        full: nothing more can be written; what is there can be read, replaced by nothing and deleted.
        slow: everything that is loaded takes so many times as long.
    """

    def __init__(self) -> None:
        self.models: dict[str, ModelFile] = {}
        self.texts: dict[str, bytes] = {}
        self.full = False
        self.read_only = False
        self.slow = 1.0
        self.free = 500 * GIB
        self._changes = 0

    def refusal(self) -> str:
        """Why nothing can be written; empty when it can."""
        if self.read_only:
            return "Read-only file system"
        return "No space left on device" if self.full else ""

    # --- models ---

    def put_model(self, path: str, *, size: int = 100_000) -> None:
        """A whole model, with a new time of change."""
        self._changes += 1
        self.models[path] = ModelFile(size=size, mtime_ns=1_700_000_000_000_000_000 + self._changes, whole=size)

    def remove(self, path: str) -> None:
        self.models.pop(path, None)

    def truncate(self, path: str, *, header: bool = True) -> None:
        """A copy that was cut off: in its header, or behind it, where only a server notices."""
        self._changes += 1
        file = self.models[path]
        file.mtime_ns += 1_000_000 + self._changes
        file.size = file.whole // 2
        file.problem = "the file ends within its header" if header else ""

    def facts(self, path: str) -> FileFacts:
        file = self.models.get(path)
        if file is None:
            hint = "correct `path`, or put the file there"
            return FileFacts(path=path, problem=f"`{path}` does not exist", hint=hint)
        return FileFacts(
            path=path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            architecture=None if file.problem else file.architecture,
            problem=file.problem,
        )

    # --- texts ---

    def append(self, path: str, text: str) -> None:
        """What a server writes; it goes on without a word when the disk is full."""
        if not self.refusal():
            self.texts[path] = self.texts.get(path, b"") + text.encode()

    def read(self, path: str) -> str | None:
        found = self.texts.get(path)
        return None if found is None else found.decode(errors="replace")
