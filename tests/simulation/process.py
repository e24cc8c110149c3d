"""One process of a simulated machine, and what programs do."""

import asyncio
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.names import InstanceId, SlotUid
from reconciler.domain.observation import ObservedProcess
from reconciler.runtime.ports import Exit
from tests.simulation.locks import LockFile

if TYPE_CHECKING:
    from tests.simulation.host import SimulatedHost
    from tests.simulation.network import Exchange

MIB = 1 << 20


class Behaviour:
    """What a program does; this one does nothing, and dies of any signal."""

    reaps = True
    """Whether it takes note of the end of its children; our own programs do that when they look."""

    def begin(self, process: "SimProcess") -> None:
        """It starts to run."""

    def signalled(self, process: "SimProcess", number: int) -> None:
        """A signal arrived that it may handle."""
        if number != signal.SIGCHLD:
            process.ends(Exit(signal=number), after=0.001)

    def survives_kill(self, process: "SimProcess") -> bool:  # noqa: ARG002 - others look at it
        """Whether it hangs in the kernel."""
        return False

    def ended(self, process: "SimProcess") -> None:
        """It is gone."""

    def asked(self, process: "SimProcess", exchange: "Exchange") -> None:
        """Somebody sent a request; not answering is an answer."""

    def busy(self, process: "SimProcess") -> int:  # noqa: ARG002 - others look at it
        """How many requests it works on."""
        return 0

    def memory(self, process: "SimProcess") -> int:  # noqa: ARG002 - others look at it
        return 2 * MIB

    def gpu_memory(self, process: "SimProcess") -> int:  # noqa: ARG002 - others look at it
        return 0

    def written(self, process: "SimProcess") -> int:  # noqa: ARG002 - others look at it
        return 0


@dataclass(eq=False)
class SimProcess:
    """
    A process.

    Attributes:
        ours: started by our program, or by what it started.
        user: `us`, or somebody whose processes we may not look into.
        hidden: of our user, and its environment cannot be read all the same.
        exit: how it ended; `None` while it lives.
    """

    host: "SimulatedHost"
    pid: int
    parent: "SimProcess | None"
    argv: tuple[str, ...]
    environment: dict[str, str]
    log: str
    directory: str
    ours: bool
    user: str
    boot_id: str
    start_time: float
    start_ticks: int
    pidfd_inode: int | None
    exe_inode: tuple[int, int] | None
    behaviour: Behaviour
    locks: list[LockFile] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    sockets: set[str] = field(default_factory=set)
    exchanges: "set[Exchange]" = field(default_factory=set)
    waiting: "set[asyncio.Future[None]]" = field(default_factory=set)
    pending: list[int] = field(default_factory=list)
    exit: Exit | None = None
    reaped: bool = False
    stopped: bool = False
    hidden: bool = False
    is_program: bool = False

    @property
    def zombie(self) -> bool:
        return self.exit is not None

    @property
    def parent_pid(self) -> int:
        return self.parent.pid if self.parent is not None else 1

    @property
    def port(self) -> int | None:
        return min(self.ports, default=None)

    @property
    def lock_slot(self) -> str | None:
        """The slot whose lock it holds."""
        return self.locks[0].path.rpartition("/")[2].removesuffix(".lock") if self.locks else None

    @property
    def marks(self) -> Marks | None:
        try:
            return Marks(
                instance=InstanceId(self.environment["RECONCILE_INSTANCE"]),
                fleet=self.environment["RECONCILE_FLEET"],
                slot=SlotUid(self.environment["RECONCILE_SLOT"]),
            )
        except KeyError:
            return None

    @property
    def gpu_bytes(self) -> int:
        return 0 if self.exit else self.behaviour.gpu_memory(self)

    @property
    def identity(self) -> ProcessIdentity:
        return ProcessIdentity(
            boot_id=self.boot_id,
            pid=self.pid,
            start_ticks=self.start_ticks,
            pidfd_inode=self.pidfd_inode,
            exe_inode=self.exe_inode,
        )

    def observed(self) -> ObservedProcess:
        """As `/proc` shows it to us."""
        readable = self.user == "us"
        marked = readable and not self.hidden and "RECONCILE_SLOT" in self.environment
        return ObservedProcess(
            identity=self.identity,
            parent_pid=self.parent_pid,
            argv=self.argv,
            executable=self.argv[0] if readable else "",
            directory=self.directory if readable else "",
            marks=self.marks if marked else None,
            started_at=round(self.host.kernel.boot_time + self.start_ticks / 100, 2),
            memory_bytes=self.behaviour.memory(self),
            lock_path=self.locks[0].path if marked and self.locks else None,
        )

    def says(self, text: str) -> None:
        """Writes to its log."""
        if self.log:
            self.host.disk.append(self.log, text)

    def ends(self, how: Exit, *, after: float = 0.0, words: str = "") -> None:
        """Ends by itself."""

        def now() -> None:
            if words:
                self.says(words)
            self.host.kernel.end(self, how)

        self.host.kernel.after(self, after, now)

    def listens_no_more(self) -> None:
        """Closes where it listens; it may go on for long."""
        self.ports, self.sockets = set(), set()

    def tell_waiting(self) -> None:
        for future in tuple(self.waiting):
            if not future.done():
                future.set_result(None)
