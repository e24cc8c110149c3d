"""Fleets to measure: tiny models, the installed command, everything below one temporary directory."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Cost, cost
from reconciler.runtime.binary import find_binary
from tests.support.sandbox import Sandbox
from tests.support.tiny_gguf import write_tiny_gguf

PYTHON = Path(sys.executable)
RECONCILE = PYTHON.with_name("reconcile")
FIRST_PORT = 27_000
"""Above those of the tests, which may run at the same time, and below the ephemeral ones."""
BARE = (PYTHON, "-c", "pass")
"""What a Python program costs at least."""

_blocks = count(FIRST_PORT, 100)


class Fleet(Sandbox):
    """A fleet in a directory of its own, with its own hundred ports; the router's is the last of them."""

    def __init__(self, directory: Path) -> None:
        llama_server = find_binary(setting=None, option=None, environ=os.environ)
        super().__init__(directory, write_tiny_gguf(directory / "tiny.gguf"), llama_server)
        first = next(_blocks)
        self.document["server"]["ports"] = f"{first}-{first + 98}"
        self.document["router"] = {"port": first + 99, "models_max": 0}

    def declare(self, models: int, *, own_files: bool = False, **settings: str) -> None:
        """Writes a configuration of so many models, from one file or each from its own."""
        for name in (f"m{number:05}" for number in range(models)):
            path = self.directory / f"{name}.gguf" if own_files else self.gguf
            if own_files:
                path.hardlink_to(self.gguf)
            self.document["models"][name] = {"path": str(path), **settings}
        self.write()

    def cost(self, command: str, *args: str) -> Cost:
        """What one run of `reconcile COMMAND` costs."""
        own = ("-c", self.config, "--store", self.store, "--llama-server", self.llama_server)
        return cost((RECONCILE, command, *own, *args), environment=self.environment)

    def command(self, command: str, *args: str) -> Callable[[], Cost]:
        """The same, for later."""
        return lambda: self.cost(command, *args)


@contextmanager
def fleet() -> Iterator[Fleet]:
    """A fleet whose files and processes are gone afterwards."""
    with TemporaryDirectory(prefix="reconcile-bench-") as directory:
        made = Fleet(Path(directory))
        try:
            yield made
        finally:
            made.end()


def end(pids: Iterable[int]) -> None:
    """Kills processes that were started here and waits for their end: the next turn shall find a quiet machine."""
    for pid in pids:
        descriptor = os.pidfd_open(pid)
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        select.select([descriptor], [], [], 10)
        os.close(descriptor)
