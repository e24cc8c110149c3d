"""What a contract needs to set up one side: the ports, and programs that behave in a known way."""

import asyncio
import shutil
import socket
import sys
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from reconciler.domain.identity import Marks
from reconciler.domain.names import InstanceId, SlotUid
from reconciler.runtime.clock import SystemClock
from reconciler.runtime.files import HostFiles
from reconciler.runtime.host import LinuxHostInfo
from reconciler.runtime.http import LocalHttp
from reconciler.runtime.locks import FileSlotLocks
from reconciler.runtime.ports import Clock, Command, Files, HostInfo, Http, ProcessHandle, ProcessHost, SlotLocks
from reconciler.runtime.processes import LinuxProcessHost

T = TypeVar("T")


def new_marks(slot: str = "") -> Marks:
    return Marks(instance=InstanceId(str(uuid.uuid4())), fleet="contract", slot=SlotUid(slot or uuid.uuid4().hex))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Bench(Protocol):
    """One implementation of the ports, with the programs that the contracts start on it."""

    clock: Clock
    processes: ProcessHost
    locks: SlotLocks
    files: Files
    http: Http
    host: HostInfo
    directory: Path

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine to its end on the time of this side."""

    def start(self, program: str, marks: Marks, **options: Any) -> ProcessHandle:
        """
        Starts one of: `sleeps`, `exits` (with `code`), `ignores_term`, `has_child`, `listens` (on `port`).

        Other options: `lock` (a descriptor to hand on), `environment` (beside the marks).
        """

    def launch(self, *argv: str, log: str = "program.log", **environment: str) -> ProcessHandle:
        """Starts `llama-server` with these words after its name, marked and locked, and nothing else of its caller."""

    def model(self, name: str = "tiny") -> str:
        """The path of a GGUF that loads in a moment; `missing` is none, `torn` is no GGUF."""

    def end(self, handle: ProcessHandle) -> None:
        """Kills and waits."""

    def close(self) -> None:
        """Ends what was started."""


@dataclass
class RealBench:
    """The real adapters, on this machine."""

    directory: Path
    clock: Clock = field(default_factory=SystemClock)
    processes: ProcessHost = field(default_factory=LinuxProcessHost)
    http: Http = field(default_factory=LocalHttp)
    host: HostInfo = field(default_factory=LinuxHostInfo)
    llama_server: Path = Path("llama-server")
    gguf: Path = Path("tiny.gguf")
    started: list[ProcessHandle] = field(default_factory=list)

    def __post_init__(self) -> None:
        slots = self.directory / "run" / "slots"
        slots.mkdir(parents=True)
        self.locks: SlotLocks = FileSlotLocks(slots)
        self.files: Files = HostFiles()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def start(
        self,
        program: str,
        marks: Marks,
        *,
        lock: int | None = None,
        environment: Mapping[str, str] | None = None,
        **options: int,
    ) -> ProcessHandle:
        held = self.locks.acquire(marks.slot, "model/contract") if lock is None else lock
        assert held is not None
        handle = self._spawn(_argv(program, options), {**marks.environment(), **(environment or {})}, held)
        if lock is None:
            self.locks.release(held)
        if program in {"ignores_term", "has_child", "listens"}:
            self._await_line()
        return handle

    def launch(self, *argv: str, log: str = "program.log", **environment: str) -> ProcessHandle:
        marks = new_marks()
        held = self.locks.acquire(marks.slot, "model/contract")
        assert held is not None
        handle = self._spawn((str(self.llama_server), *argv), {**marks.environment(), **environment}, held, log)
        self.locks.release(held)
        return handle

    def model(self, name: str = "tiny") -> str:
        if name == "torn":
            (self.directory / "torn.gguf").write_bytes(b"PK\3\4 and so on" * 100)
        return str(self.gguf if name == "tiny" else self.directory / f"{name}.gguf")

    def _spawn(
        self, argv: tuple[str, ...], environment: Mapping[str, str], lock: int, log: str = "program.log"
    ) -> ProcessHandle:
        command = Command(argv=argv, environment=environment, log=self.directory / log, lock=lock)
        handle = self.processes.spawn(command)
        self.started.append(handle)
        return handle

    def end(self, handle: ProcessHandle) -> None:
        handle.signal(9)
        assert self.run(handle.wait(10)) is not None

    def close(self) -> None:
        for handle in self.started:
            if handle.alive():
                self.end(handle)
            handle.close()

    def _await_line(self) -> None:
        """Programs that need a moment say when they are set up."""
        while not self.files.tail(self.directory / "program.log"):
            self.run(self.clock.sleep(0.005))


def _argv(program: str, options: Mapping[str, int]) -> tuple[str, ...]:
    shell, sleep = shutil.which("sh") or "", shutil.which("sleep") or ""
    match program:
        case "exits":
            return (shell, "-c", f"exit {options['code']}")
        case "ignores_term":
            return (shell, "-c", f"trap '' TERM; echo ready; exec {sleep} 1000")
        case "has_child":
            # The child dies with a closed pipe, as the router's children do.
            return (shell, "-c", f"{sleep} 1000 & echo ready; wait")
        case "listens":
            lines = f"import socket, time\ns = socket.create_server(('127.0.0.1', {options['port']}))\n"
            return (sys.executable, "-u", "-c", f"{lines}print('ready')\ntime.sleep(1000)")
        case _:
            return (sleep, "1000")
