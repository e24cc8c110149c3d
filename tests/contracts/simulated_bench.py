"""The simulated ports, with the same programs as the real ones."""

import signal
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from reconciler.runtime.ports import Command, Exit, ProcessHandle
from tests.contracts.bench import new_marks
from tests.simulation.host import LLAMA_SERVER, SimulatedHost
from tests.simulation.process import Behaviour, SimProcess

T = TypeVar("T")


class Exits(Behaviour):
    """Ends by itself with the code of its command line."""

    def begin(self, process: SimProcess) -> None:
        process.ends(Exit(code=int(process.argv[1])), after=0.001)


class IgnoresTerm(Behaviour):
    """Lives on after SIGTERM."""

    def signalled(self, process: SimProcess, number: int) -> None:
        if number != signal.SIGTERM:
            super().signalled(process, number)


class HasChild(Behaviour):
    """Starts another one, which does not end with it."""

    def begin(self, process: SimProcess) -> None:
        process.host.kernel.fork(process, ("sleeps",), Behaviour())


class Listens(Behaviour):
    """Listens on the port of its command line."""

    def begin(self, process: SimProcess) -> None:
        process.ports.add(int(process.argv[1]))


class SimulatedBench:
    """The simulated adapters, on a simulated machine."""

    def __init__(self, directory: Path) -> None:
        (directory / "run" / "slots").mkdir(parents=True)
        self.directory = directory
        self.machine = SimulatedHost(0, directory)
        self.machine.programs |= {
            "exits": Exits,
            "ignores_term": IgnoresTerm,
            "has_child": HasChild,
            "listens": Listens,
        }
        self.program = self.machine.program()
        world = self.program.world
        self.clock, self.processes, self.locks = world.clock, world.processes, world.locks
        self.files, self.http, self.host = world.files, world.http, world.host

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.program.run(work)

    def start(
        self,
        program: str,
        marks: Any,
        *,
        lock: int | None = None,
        environment: Mapping[str, str] | None = None,
        **options: int,
    ) -> ProcessHandle:
        held = self.locks.acquire(marks.slot, "model/contract") if lock is None else lock
        assert held is not None
        argv = (program, *map(str, options.values()))
        handle = self._spawn(argv, {**marks.environment(), **(environment or {})}, held)
        if lock is None:
            self.locks.release(held)
        return handle

    def launch(self, *argv: str, log: str = "program.log", **environment: str) -> ProcessHandle:
        marks = new_marks()
        held = self.locks.acquire(marks.slot, "model/contract")
        assert held is not None
        handle = self._spawn((LLAMA_SERVER, *argv), {**marks.environment(), **environment}, held, log)
        self.locks.release(held)
        return handle

    def model(self, name: str = "tiny") -> str:
        path = f"/models/{name}.gguf"
        if name != "missing":
            self.machine.disk.put_model(path)
        if name == "torn":
            self.machine.disk.truncate(path)
        return path

    def _spawn(
        self, argv: tuple[str, ...], environment: Mapping[str, str], lock: int, log: str = "program.log"
    ) -> ProcessHandle:
        return self.processes.spawn(Command(argv=argv, environment=environment, log=self.directory / log, lock=lock))

    def end(self, handle: ProcessHandle) -> None:
        handle.signal(signal.SIGKILL)
        assert self.run(handle.wait(10)) is not None

    def close(self) -> None:
        self.program.kill()
