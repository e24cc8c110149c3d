"""The processes of a simulated machine: pids that are given away again, zombies, orphans, signals, ports."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from reconciler.runtime.ports import Command, Exit
from tests.simulation.locks import LockTable
from tests.simulation.process import Behaviour, SimProcess

if TYPE_CHECKING:
    from tests.simulation.host import SimulatedHost
    from tests.simulation.program import Program

FIRST_PID = 100
LAST_PID = 227
TICKS = 100
"""A second has so many clock ticks."""

DEATH = 0.001
"""Seconds from a deadly signal to the end."""


class OurProgram(Behaviour):
    """Our own: it takes note of its children's ends when it looks for them."""

    reaps = False


@dataclass(frozen=True)
class SignalSent:
    """A signal that reached a process. `program` is `None` for one that was not sent by us."""

    number: int
    target: SimProcess
    at: float
    program: "Program | None"

    @property
    def pid(self) -> int:
        return self.target.pid


@dataclass(frozen=True)
class Spawned:
    """A process that our program started."""

    process: SimProcess
    at: float
    program: "Program"


@dataclass
class Kernel:
    """
    The kernel.

    Attributes:
        pidfs: whether a pidfd has an inode of its own (Linux 6.9).
        on_spawn: is called before a spawn of our program has any effect.
        boots: how often the machine was started.
    """

    host: "SimulatedHost"
    pidfs: bool = True
    on_spawn: "Callable[[Command, Program], None] | None" = None
    signals: list[SignalSent] = field(default_factory=list)
    spawns: list[Spawned] = field(default_factory=list)
    locks: LockTable = field(default_factory=LockTable)
    boots: int = 1

    def __post_init__(self) -> None:
        self._table: dict[int, SimProcess] = {}
        self._next_pid = FIRST_PID
        self._wanted_pid: int | None = None
        self._inodes = 0
        self._booted = self.host.clock.time - 100.0

    # --- looking ---

    @property
    def boot_id(self) -> str:
        return str(UUID(int=(self.host.seed % 2**64) * 2**32 + self.boots))

    @property
    def boot_time(self) -> float:
        """The time of people when it was booted, as far as its clocks agree."""
        return self.host.clock.wall() - (self.host.clock.time - self._booted)

    def processes(self) -> list[SimProcess]:
        """All that have a pid, zombies too, in the order of their pids; our own programs are left out."""
        return [one for one in self.everybody() if not one.is_program]

    def everybody(self) -> list[SimProcess]:
        """The same with our own programs."""
        return [one for _, one in sorted(self._table.items())]

    def living(self, pid: int) -> SimProcess | None:
        """The process behind a pid that has not ended."""
        found = self._table.get(pid)
        return found if found is not None and found.exit is None else None

    def listener(self, port: int) -> SimProcess | None:
        return next((one for one in self._table.values() if port in one.ports), None)

    def socket_listener(self, path: str) -> SimProcess | None:
        return next((one for one in self._table.values() if path in one.sockets), None)

    # --- beginnings ---

    def reuse_pid(self, pid: int) -> None:
        """The next process gets this pid, if nobody has it then."""
        self._wanted_pid = pid

    def spawn(self, command: Command, program: "Program") -> SimProcess:
        """A child of our program, which inherits its environment and the lock from the command."""
        process = self.begin(
            argv=tuple(command.argv),
            environment=dict(command.environment),
            parent=program.process,
            log=str(command.log),
            directory=str(command.directory or "/"),
            ours=True,
        )
        process.locks.append(program.file(command.lock))
        process.locks[0].holders.add(process)
        self.spawns.append(Spawned(process=process, at=self.host.clock.time, program=program))
        process.behaviour.begin(process)
        return process

    def fork(self, parent: SimProcess, argv: Sequence[str], behaviour: Behaviour, log: str = "") -> SimProcess:
        """A child of a server: it has the marks, and every lock, of its parent."""
        child = self.begin(
            argv=tuple(argv),
            environment=dict(parent.environment),
            parent=parent,
            log=log or parent.log,
            directory=parent.directory,
            ours=parent.ours,
            behaviour=behaviour,
        )
        child.locks = list(parent.locks)
        for lock in child.locks:
            lock.holders.add(child)
        behaviour.begin(child)
        return child

    def spawn_stranger(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        pid: int | None = None,
        user: str = "us",
    ) -> SimProcess:
        """A process that is none of ours, listening on `port` or being whatever its command line says."""
        if pid is not None:
            self.reuse_pid(pid)
        listens = Behaviour() if port is not None else None
        process = self.begin(argv=tuple(argv), environment=dict(environment or {}), behaviour=listens, user=user)
        if port is not None:
            process.ports.add(port)
        process.behaviour.begin(process)
        return process

    def begin(  # noqa: PLR0913 - a process has this many parts
        self,
        *,
        argv: tuple[str, ...],
        environment: dict[str, str],
        parent: SimProcess | None = None,
        log: str = "",
        directory: str = "/",
        ours: bool = False,
        user: str = "us",
        behaviour: Behaviour | None = None,
    ) -> SimProcess:
        """A process in the table, which has not done anything yet."""
        self._inodes += 1
        now = self.host.clock.time
        process = SimProcess(
            host=self.host,
            pid=self._take_pid(),
            parent=parent,
            argv=argv,
            environment=environment,
            log=log,
            directory=directory,
            ours=ours,
            user=user,
            boot_id=self.boot_id,
            start_time=now,
            start_ticks=int((now - self._booted) * TICKS),
            pidfd_inode=self._inodes + 5000 if self.pidfs else None,
            exe_inode=self.host.inode_of(argv),
            behaviour=behaviour or self.host.behaviour_of(argv),
        )
        self._table[process.pid] = process
        return process

    def program_begins(self) -> SimProcess:
        process = self.begin(argv=("reconcile",), environment={}, behaviour=OurProgram())
        process.is_program = True
        return process

    def program_ends(self, process: SimProcess) -> None:
        if process.exit is None and self._table.get(process.pid) is process:
            self.end(process, Exit(signal=signal.SIGKILL))

    def _take_pid(self) -> int:
        wanted, self._wanted_pid = self._wanted_pid, None
        if wanted is not None and wanted not in self._table:
            return wanted
        for _ in range(FIRST_PID, LAST_PID + 1):
            pid = self._next_pid
            self._next_pid = pid + 1 if pid < LAST_PID else FIRST_PID
            if pid not in self._table:
                return pid
        raise AssertionError("no pid is left")

    # --- ends ---

    def kill(self, pid: int, number: int, program: "Program | None" = None) -> bool:
        """Signals whoever has the pid now."""
        process = self.living(pid)
        return process is not None and self.signal(process, number, program)

    def signal(self, process: SimProcess, number: int, program: "Program | None" = None) -> bool:
        """Signals this process; `False` when it has ended."""
        if process.exit is not None:
            return False
        self.signals.append(SignalSent(number=number, target=process, at=self.host.clock.time, program=program))
        match number:
            case signal.SIGKILL:
                if not process.behaviour.survives_kill(process):
                    self.after(process, DEATH, lambda: self.end(process, Exit(signal=number)))
            case signal.SIGSTOP:
                process.stopped = True
            case signal.SIGCONT:
                process.stopped = False
                pending, process.pending = process.pending, []
                for one in pending:
                    process.behaviour.signalled(process, one)
            case _ if process.stopped:
                process.pending.append(number)
            case _:
                process.behaviour.signalled(process, number)
        return True

    def after(self, process: SimProcess, seconds: float, call: Callable[[], None]) -> None:
        """Something that a process will do, if it still lives then."""
        self.host.clock.after(seconds, lambda: call() if process.exit is None else None)

    def end(self, process: SimProcess, how: Exit) -> None:
        """The end of a process: what it held is free at once, its pid when its parent has taken note."""
        if process.exit is not None:
            return
        process.exit, process.ports, process.sockets = how, set(), set()
        for lock in process.locks:
            lock.holders.discard(process)
        process.locks = []
        for exchange in tuple(process.exchanges):
            exchange.broken()
        for child in [one for one in self._table.values() if one.parent is process]:
            child.parent = None
            if child.exit is not None:
                self.reap(child)
        if process.parent is None or process.parent.behaviour.reaps:
            self.reap(process)
        process.behaviour.ended(process)
        process.tell_waiting()

    def reap(self, process: SimProcess) -> None:
        """Its pid may be another's from now on."""
        process.reaped = True
        if self._table.get(process.pid) is process:
            del self._table[process.pid]

    def reboot(self) -> None:
        """Everything ends, nothing is told; pids and ticks begin anew."""
        for process in tuple(self._table.values()):
            process.exit = process.exit or Exit()
            process.reaped, process.ports, process.sockets = True, set(), set()
            for lock in process.locks:
                lock.holders.discard(process)
            for exchange in tuple(process.exchanges):
                exchange.broken()
        self._table.clear()
        self.boots += 1
        self._next_pid, self._booted = FIRST_PID, self.host.clock.time
