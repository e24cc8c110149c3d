"""
The real command without the 0.3 s that Python takes to start it, for tests that run it hundreds of times.

A program of its own (`python -m tests.support.forking`) has imported everything and forks for each command: what runs
has memory, environment and descriptors of its own, and can be killed as any other.
"""

import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import reconciler
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.validating import validate
from tests.support.python import environment
from tests.support.sandbox import Sandbox

WARM = {
    "version": 1,
    "fleet": "warm",
    "router": {"port": 1},
    "models": {"a": {"path": "/a.gguf", "serve": "dedicated"}},
}
"""What makes the checks of every section, once for all commands."""


class Forks:
    """A program that forks."""

    def __init__(self, directory: Path) -> None:
        self._said = directory / "stdout", directory / "stderr"
        self._program = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )

    def run(self, words: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Runs `reconcile WORDS` and returns how it ended; a signal as a negative number."""
        assert self._program.stdin
        assert self._program.stdout
        order = {"words": words, "environment": environment, "said": [str(path) for path in self._said]}
        print(json.dumps(order), file=self._program.stdin, flush=True)
        code = int(self._program.stdout.readline())
        out, err = (path.read_text() for path in self._said)
        return subprocess.CompletedProcess(words, code, out, err)

    def close(self) -> None:
        """Ends it: it has nothing more to read."""
        self._program.communicate(timeout=10)


@contextmanager
def forks(directory: Path) -> Iterator[Forks]:
    """A program that forks, as long as it is needed."""
    program = Forks(directory)
    try:
        yield program
    finally:
        program.close()


class ForkingSandbox(Sandbox):
    """A fleet whose commands are forked."""

    def __init__(self, directory: Path, gguf: Path, llama_server: Path, forks: Forks) -> None:
        super().__init__(directory, gguf, llama_server)
        self._forks = forks

    def attempt(self, command: str, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command, however it ends."""
        return self.forked(self.words(command, *args), **environment)

    def forked(self, words: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
        """The same with nothing that is added to it."""
        return self._forks.run(words, {**self.environment, **environment})

    def run(self, command: str, *args: str, exits: int = 0, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command and expects an exit code."""
        done = self.attempt(command, *args, **environment)
        assert done.returncode == exits, f"exit {done.returncode}, expected {exits}\n{done.stdout}\n{done.stderr}"
        return done


def _serve() -> None:
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    validate(FleetSpec, WARM)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the answer


def _become(order: dict[str, Any]) -> None:
    """Is the command from here on."""
    from reconciler.cli.main import main  # noqa: PLC0415 - the parent imports it while it waits for its first order

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in zip((1, 2), order["said"], strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["reconcile", *order["words"]]
    code = 1
    try:
        code = main(order["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
