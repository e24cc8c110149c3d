"""
All that is outside, as small protocols: real adapters live beside this file, simulated ones with the tests.

Both pass one contract suite. What waits is a coroutine, so that a simulation can run it on a virtual clock;
what answers at once is a plain call.
"""

# ruff: noqa: ASYNC109 - a request has this many parts, and its time limit is one of them

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from reconciler.domain.frozen import frozen
from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.names import SlotUid
from reconciler.domain.observation import FileFacts, HostFacts, ObservedProcess


class Clock(Protocol):
    """Time. Wall time is for people and records, monotonic time for every timer."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None:
        """Waits."""


@frozen
class Exit:
    """How a process ended; both `None` when the kernel tells only its parent."""

    code: int | None = None
    signal: int | None = None


@frozen
class Command:
    """
    A process to be started. `environment` is complete: nothing of the caller's is added.

    Attributes:
        lock: the held descriptor of the slot lock, which the child inherits and so keeps locked.
        log: appended to, created with mode 0600; gets stdout and stderr.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    lock: int
    directory: Path | None = None


@frozen
class Scan:
    """
    Every process of this user that may be ours.

    Attributes:
        complete: whether all processes of this user could be read; one that ends meanwhile does not count.
    """

    processes: tuple[ObservedProcess, ...]
    complete: bool = True
    problems: tuple[str, ...] = ()


class ProcessHandle(Protocol):
    """
    A process held by its pidfd from the first check to the last signal, whatever becomes of its pid.

    Closing it never touches the process.
    """

    identity: ProcessIdentity

    def signal(self, number: int) -> bool:
        """Sends a signal through the pidfd; `False` when the process is gone."""

    def alive(self) -> bool:
        """Whether it has not ended; a zombie has."""

    async def wait(self, seconds: float) -> Exit | None:
        """Waits for the end at most so long; `None` when it still lives."""

    def variable(self, name: str) -> str | None:
        """A variable that it was started with; it may be a secret, so it is shown and kept nowhere."""

    def close(self) -> None:
        """Lets the pidfd go."""


class ProcessHost(Protocol):
    """The processes of this machine."""

    def boot_id(self) -> str:
        """What identities of this boot carry."""

    def spawn(self, command: Command) -> ProcessHandle:
        """
        Starts a process in its own session that survives us.

        Raises:
            RuntimeFailure: when the executable cannot be run.
        """

    def inspect(self, pid: int) -> ObservedProcess | None:
        """One process; `None` when there is none or it is a zombie."""

    def written_bytes(self, pid: int) -> int | None:
        """What a process has written since it began, to files and elsewhere; `None` when it is gone or hidden."""

    def scan(self, *, marked_only: bool = True) -> Scan:
        """
        All processes of this user with the mark of a slot; all of this user's when not `marked_only`.

        `marks` is `None` in one that does not have all three; its slot lock, if any, is told anyway.
        """

    def open(
        self, process: ProcessIdentity, *, marks: Marks | None, argv: Sequence[str] | None = None
    ) -> ProcessHandle | None:
        """
        Opens a pidfd and then checks that it is the process that is meant.

        With `marks` (our children) they must be in its environment, and a wrapper may have become another
        program; without (adopted), `argv` and the program must be equal.
        `None` when it is gone or somebody else's: a doubt is somebody else's.
        """

    def listeners(self, ports: Iterable[int] | None = None) -> Mapping[int, int | None]:
        """
        TCP ports that somebody listens on, whatever the address, with the pid where it can be seen.

        With `ports` only those, which saves the search for all others' processes.
        """


class SlotLocks(Protocol):
    """One lock file a slot. A child inherits the descriptor, so the lock lives as long as the child."""

    def acquire(self, slot: SlotUid, resource: str) -> int | None:
        """Locks and returns the descriptor to hand on; `None` when a live process holds it."""

    def release(self, descriptor: int) -> None:
        """Closes our copy; the lock stays while the child has its own."""

    def held(self) -> frozenset[SlotUid]:
        """Slots whose lock somebody holds."""

    def resources(self) -> Mapping[SlotUid, str]:
        """Which resource each lock file was made for: what is left to go by when the store is lost."""


@frozen
class Reply:
    """An HTTP answer, read whole."""

    status: int
    body: bytes


class Http(Protocol):
    """
    HTTP/1.1 to servers on this machine. Follows no redirect and never reuses a connection.

    A host is a name, an address, or the path of a unix socket (`….sock`); a wildcard means loopback.
    """

    async def get(
        self, port: int, path: str, *, host: str = "127.0.0.1", timeout: float = 2.0, token: str | None = None
    ) -> Reply | None:
        """
        One GET; `None` when the connection is refused.

        Raises:
            TimeoutError: connected or connecting, but no whole answer in time.
            RuntimeFailure: the connection broke or the bytes are not HTTP.
        """

    async def post(
        self,
        port: int,
        path: str,
        body: bytes,
        *,
        host: str = "127.0.0.1",
        timeout: float = 10.0,
        token: str | None = None,
    ) -> Reply | None:
        """One POST of JSON; errors as for `get`."""

    def stream(
        self, port: int, path: str, *, host: str = "127.0.0.1", token: str | None = None
    ) -> AsyncIterator[bytes]:
        """
        The body of a GET as it arrives (server-sent events); ends when the server ends it.

        Raises:
            RuntimeFailure: nobody listens, the answer is not 200, or the connection broke.
        """


class Files(Protocol):
    """Files that we look at or write for servers."""

    def models(self, paths: Iterable[str]) -> Mapping[str, FileFacts]:
        """Of each its size, time and whether the bytes begin like a GGUF with all its shards and a whole header."""

    def write(self, path: Path, text: str) -> None:
        """Replaces a file atomically, with mode 0600."""

    def tail(self, path: Path, *, lines: int = 20, since: int = 0) -> tuple[str, ...]:
        """The last lines of a log; empty when there is none."""

    def size(self, path: Path) -> int:
        """Bytes of a file; 0 when there is none."""

    def clear_socket(self, path: Path) -> bool:
        """Removes a unix socket that nobody listens on, as llama-server leaves one; `False` when somebody does."""

    def rotate(self, path: Path, *, max_size: int, max_files: int) -> None:
        """
        Moves a log of at least `max_size` bytes aside as `.1`, and what was kept before one number further.

        At most `max_files` are kept. The next writer begins a new log; one that still writes goes on in its own.
        """


class HostInfo(Protocol):
    """Capacity of this machine."""

    def facts(self, directory: Path) -> HostFacts:
        """Memory, GPUs, and free disk of the file system that holds `directory`."""
