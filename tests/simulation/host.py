"""A simulated machine: what outlives our program, and everything that can be done to it."""

import random
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from reconciler.domain.observation import BinaryIdentity
from reconciler.llama.catalogue import Catalogue
from tests.simulation.clock import Timeline, run
from tests.simulation.disk import Disk
from tests.simulation.host_info import GIB, Gpu
from tests.simulation.kernel import Kernel
from tests.simulation.llama import LlamaServer, catalogue
from tests.simulation.network import Network
from tests.simulation.process import Behaviour
from tests.simulation.program import Program
from tests.simulation.router import Router
from tests.simulation.temper import Temper

T = TypeVar("T")

LLAMA_SERVER = "/opt/llama/llama-server"


class SimulatedHost:
    """
    The machine.

    Attributes:
        directory: of the store, a real one: SQLite and our own lock work on it; slot locks, logs and the INI do not.
        random: the one source of chance, for who wants some.
        behaviours: what goes wrong, by the path or the name of a model, or `router`; `*` is everybody else.
        processes_unreadable: no environment can be read, so that a scan is not complete.
        largest_context: a server that is asked for more dies of want of memory.
        environ: of whoever calls our program; `env:NAME` secrets are in it.
        programs: what command lines do, by the name of the program; llama-server is known, all others do nothing.
        secrets: those behind `file:PATH`, by reference.
    """

    def __init__(self, seed: int, directory: Path) -> None:
        self.seed, self.directory = seed, directory
        self.random = random.Random(seed)  # noqa: S311 - a simulation wants the same again
        self.clock = Timeline()
        self.disk = Disk()
        self.kernel = Kernel(self)
        self.network = Network(self)
        self.gpu = Gpu(self)
        self.memory_available = 48 * GIB
        self.behaviours: dict[str, Temper] = {}
        self.programs: dict[str, Callable[[], Behaviour]] = {}
        self.environ = {"PATH": "/usr/bin", "HOME": "/home/u", "LANG": "C.UTF-8"}
        self.secrets: dict[str, str] = {}
        self.processes_unreadable = False
        self.binary_missing = False
        self.largest_context = 1_000_000
        self.catalogue: Catalogue = catalogue()
        self.upgrade_binary("0.1.0-dev (build 1, commit 7e4c0a9)")

    # --- running ---

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine to its end on virtual time."""
        return run(self.clock, work)

    def program(self) -> Program:
        """A new life of our program."""
        return Program(self)

    # --- what can be done to it ---

    def behaviour(self, key: str, **what: Any) -> Temper:
        """Says how servers of a model (its path or name), the router, or all (`*`) behave from now on."""
        found = Temper(**what, since=self.clock.time)
        self.behaviours[key] = found
        return found

    def temper(self, *keys: str) -> Temper:
        """How a server behaves; the first key that anything is said of counts."""
        return next((self.behaviours[key] for key in (*keys, "*") if key in self.behaviours), CALM)

    def reboot(self) -> None:
        """All processes end; the disk stays."""
        self.kernel.reboot()
        self.clock.advance(30.0)

    def upgrade_binary(self, version: str) -> None:
        self._installed = getattr(self, "_installed", 0) + 1
        self.binary = BinaryIdentity(
            path=LLAMA_SERVER, size=1_000_000 + self._installed, mtime_ns=1_700_000_000, version=version
        )

    def lose_run(self) -> None:
        """Somebody deletes `run/`: lineage, slot locks, the router's INI."""
        shutil.rmtree(self.directory / "run", ignore_errors=True)
        self.kernel.locks.lose(self.directory / "run")
        below = str(self.directory / "run") + "/"
        for path in [path for path in self.disk.texts if path.startswith(below)]:
            del self.disk.texts[path]

    def calm_down(self) -> None:
        """Ends every fault; what they have done stays done."""
        self.behaviours.clear()
        self.network.heal()
        self.disk.full = self.disk.read_only = self.processes_unreadable = self.binary_missing = False
        self.disk.slow, self.gpu.taken = 1.0, 0
        for process in self.kernel.processes():
            process.hidden = False

    def request(self, model: str) -> None:
        """A user asks the router for a model, which loads it, and may unload another one for it."""
        for process in self.kernel.processes():
            if isinstance(process.behaviour, Router) and not process.zombie:
                process.behaviour.wanted(model)

    # --- what its parts ask ---

    def behaviour_of(self, argv: tuple[str, ...]) -> Behaviour:
        """The program behind a command line."""
        name = argv[0].rpartition("/")[2] if argv else ""
        if name != "llama-server":
            return self.programs.get(name, Behaviour)()
        return LlamaServer() if {"--model", "-m"} & {*argv} else Router()

    def cannot_run(self, program: str) -> str:
        """Why a program cannot be started; empty when it can."""
        missing = program == LLAMA_SERVER and self.binary_missing
        return "No such file or directory" if missing else ""

    def inode_of(self, argv: tuple[str, ...]) -> tuple[int, int]:
        """What an executable is; an upgrade makes another one of it."""
        program = argv[0] if argv else ""
        number = self._installed if program == LLAMA_SERVER else 10_000 + sum(program.encode())
        return (1, number)

    def no_folder(self, path: Path) -> str:
        """Why there is no place for a file of ours."""
        below = path.is_relative_to(self.directory) and not path.parent.is_dir()
        return "No such file or directory" if below else ""


CALM = Temper()
"""A server of which nothing was said."""
