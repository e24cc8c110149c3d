"""The processes of a simulated machine as one program sees them: the port `ProcessHost`."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.observation import ObservedProcess
from reconciler.errors import RuntimeFailure
from reconciler.runtime.ports import Command, Exit, Scan
from tests.simulation.process import SimProcess

if TYPE_CHECKING:
    from tests.simulation.program import Program


class SimulatedHandle:
    """A process by its pidfd: it stays this process whatever becomes of its pid."""

    def __init__(self, process: SimProcess, program: "Program") -> None:
        self.identity = process.identity
        self._process: SimProcess | None = process
        self._program = program

    def signal(self, number: int) -> bool:
        target = self._open()
        self._program.boundary("signal:before")
        if target.user != "us" and target.exit is None:
            raise RuntimeFailure(f"not allowed to send signal {number} to a process of another user")
        sent = self._program.host.kernel.signal(target, number, self._program)
        self._program.boundary("signal:after")
        return sent

    def alive(self) -> bool:
        return self._open().exit is None

    async def wait(self, seconds: float) -> Exit | None:
        target = self._open()
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        target.waiting.add(over)
        try:
            if target.exit is None:
                async with asyncio.timeout(seconds):
                    await self._program.waits(over)
        except TimeoutError:
            if target.exit is None:
                return None
        finally:
            target.waiting.discard(over)
        self._program.alive()
        if target.parent is self._program.process:
            self._program.host.kernel.reap(target)
        return target.exit

    def variable(self, name: str) -> str | None:
        target = self._open()
        readable = target.user == "us" and not target.hidden and target.exit is None
        return target.environment.get(name) if readable else None

    def close(self) -> None:
        self._program.alive()
        self._process = None

    def _open(self) -> SimProcess:
        self._program.alive()
        assert self._process is not None, "the handle is closed"
        return self._process


class SimulatedProcessHost:
    """The port `ProcessHost` of one program."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._host = program.host
        self._kernel = program.host.kernel

    def boot_id(self) -> str:
        self._program.alive()
        return self._kernel.boot_id

    def spawn(self, command: Command) -> SimulatedHandle:
        self._program.boundary("spawn:before")
        if self._kernel.on_spawn is not None:
            self._kernel.on_spawn(command, self._program)
        if why := self._host.disk.refusal():
            raise RuntimeFailure(f"cannot open the log file `{command.log}`: {why}")
        if why := self._host.cannot_run(command.argv[0]):
            raise RuntimeFailure(f"cannot start `{command.argv[0]}`: {why}")
        self._host.disk.append(str(command.log), "")
        process = self._kernel.spawn(command, self._program)
        self._program.boundary("spawn:after")
        return SimulatedHandle(process, self._program)

    def inspect(self, pid: int) -> ObservedProcess | None:
        self._program.alive()
        found = self._kernel.living(pid)
        return found.observed() if found is not None else None

    def written_bytes(self, pid: int) -> int | None:
        self._program.alive()
        found = self._kernel.living(pid)
        return found.behaviour.written(found) if found is not None and found.user == "us" else None

    def scan(self, *, marked_only: bool = True) -> Scan:
        self._program.boundary("scan:before")
        self._reap()
        found: list[ObservedProcess] = []
        problems: list[str] = []
        for process in self._kernel.everybody():
            if process.user != "us" or process.exit is not None:
                continue
            if process.hidden or self._host.processes_unreadable:
                problems.append(f"the environment of process {process.pid} cannot be read")
            elif not marked_only or "RECONCILE_SLOT" in process.environment:
                found.append(process.observed())
        return Scan(processes=tuple(found), complete=not problems, problems=tuple(problems))

    def _reap(self) -> None:
        for process in self._kernel.processes():
            if process.exit is not None and process.parent is self._program.process:
                self._kernel.reap(process)

    def open(
        self, process: ProcessIdentity, *, marks: Marks | None, argv: Sequence[str] | None = None
    ) -> SimulatedHandle | None:
        self._program.alive()
        if process.boot_id != self._kernel.boot_id:
            return None
        found = self._kernel.living(process.pid)
        if found is None or found.user != "us":
            return None
        seen = found.observed()
        if marks is not None:
            meant = seen.marks == marks and seen.identity.matches(replace(process, exe_inode=None))
        else:
            meant = argv is not None and seen.argv == tuple(argv) and seen.identity.matches(process)
        return SimulatedHandle(found, self._program) if meant else None

    def listeners(self, ports: Iterable[int] | None = None) -> Mapping[int, int | None]:
        self._program.alive()
        wanted = None if ports is None else frozenset(ports)
        return {
            port: process.pid if process.user == "us" else None
            for process in self._kernel.processes()
            for port in sorted(process.ports)
            if wanted is None or port in wanted
        }
