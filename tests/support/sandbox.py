"""A fleet of its own for one test: files, store, ports, and the real command in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from reconciler.domain.observation import ObservedProcess
from reconciler.runtime.processes import LinuxProcessHost

CRASHED = 137
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_next_port = count(20_000 + 3_000 * WORKER)


def free_port() -> int:
    """A loopback port below the ephemeral range that nobody listens on, never given twice by this process."""
    for port in _next_port:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")


class Sandbox:
    """
    One fleet below one directory.

    Attributes:
        document: what `fleet.yaml` says; change it and call `write`.
        environment: of the command, without the marks and variables of the person who runs the tests.
    """

    def __init__(self, directory: Path, gguf: Path, llama_server: Path) -> None:
        self.directory, self.gguf, self.llama_server = directory, gguf, llama_server
        self.config, self.store = directory / "fleet.yaml", directory / "state"
        first = free_port()
        for _ in range(24):
            last = free_port()
        self.pool = range(first, last + 1)
        self.document: dict[str, Any] = {
            "version": 1,
            "fleet": "test",
            "server": {"ports": f"{first}-{last}", "threads": 1, "parallel": 1, "memory": {"ctx_size": 256}},
            "models": {},
        }
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    # --- the configuration ---

    def dedicated(self, *names: str, **settings: Any) -> None:
        """Declares models with a process of their own."""
        for name in names:
            self.document["models"][name] = {"path": str(self.gguf), "serve": "dedicated", **settings}

    def routed(self, *names: str, **settings: Any) -> None:
        """Declares models of the router, and the router where it is missing."""
        self.document.setdefault("router", {"port": free_port(), "models_max": 0})
        for name in names:
            self.document["models"][name] = {"path": str(self.gguf), "serve": "router", **settings}

    def write(self) -> None:
        """Writes `fleet.yaml`; JSON is YAML."""
        self.config.write_text(json.dumps(self.document, indent=1))

    @property
    def router_port(self) -> int:
        port: int = self.document["router"]["port"]
        return port

    # --- the command ---

    def words(self, command: str, *args: str) -> list[str]:
        """What follows `reconcile` when a command is for this fleet, whose file is written."""
        words = [command, *args]
        if command in {"version", "schema", "completion", "explain"}:
            return words
        if command not in {"config", "flags", "fmt"}:
            words += ["--store", str(self.store)]
        if command not in {"status", "logs", "store", "history", "resume"}:
            self.write()
            words += ["-c", str(self.config)]
            words += ["--llama-server", str(self.llama_server)] if command != "config" else []
        return words

    def start(self, command: str, *args: str, **environment: str) -> "subprocess.Popen[str]":
        """Starts `reconcile COMMAND` for this fleet, without waiting."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *self.words(command, *args)],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: str, *args: str, exits: int = 0, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command and expects an exit code."""
        # What is killed at any point leaves half of what measures it; what runs to its end is measured.
        measured = {} if exits == CRASHED else {name: value for name, value in os.environ.items() if name[:3] == "COV"}
        with self.start(command, *args, **measured, **environment) as process:
            out, err = process.communicate(timeout=50)
        assert process.returncode == exits, f"exit {process.returncode}, expected {exits}\n{out}\n{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def apply(self, *args: str, exits: int = 0, **environment: str) -> "subprocess.CompletedProcess[str]":
        return self.run("apply", "-y", *args, exits=exits, **environment)

    def plan(self, *args: str, exits: int = 0, **environment: str) -> dict[str, Any]:
        """The plan as JSON."""
        document: dict[str, Any] = json.loads(
            self.run("plan", "--format", "json", *args, exits=exits, **environment).stdout
        )
        return document

    def actions(self, *args: str) -> dict[str, str]:
        """What the plan would do, without what it keeps."""
        changes = self.plan(*args)["changes"]
        return {one["resource"]: one["action"] for one in changes if one["action"] != "keep"}

    def status(self) -> dict[str, dict[str, Any]]:
        """The rows of `status` by name; the router's is `router`."""
        document = json.loads(self.run("status", "--format", "json").stdout)
        rows = {row["name"]: row for row in document["models"]}
        return rows | ({"router": document["router"]} if document["router"] else {})

    def pids(self) -> dict[str, int]:
        """The pids of everything that has one of its own."""
        return {name: row["pid"] for name, row in self.status().items() if row["pid"]}

    # --- the world ---

    def processes(self) -> list[ObservedProcess]:
        """Every living process that holds a lock of this store, whatever the store knows."""
        slots = self.store / "run" / "slots"
        found = LinuxProcessHost().scan().processes
        return [one for one in found if one.lock_path and Path(one.lock_path).parent == slots and not one.zombie]

    def children_of_router(self) -> dict[str, int]:
        """The pids of the router's loaded models, by name, from their command lines."""
        router = next(one for one in self.processes() if "--models-preset" in one.argv)
        children = [one for one in self.processes() if one.parent_pid == router.identity.pid]
        return {one.argv[one.argv.index("--alias") + 1].split(",")[0]: one.identity.pid for one in children}

    def router_models(self) -> dict[str, str]:
        """What the router itself says of its models."""
        answer = get_json(self.router_port, "/models")
        return {one["id"]: one["status"]["value"] for one in answer["data"]}

    def end(self) -> None:
        """Ends whatever of this fleet still lives, stopped ones too."""
        for process in self.processes():
            handle = LinuxProcessHost().open(process.identity, marks=process.marks)
            if handle is not None:
                handle.signal(signal.SIGKILL)
                handle.signal(signal.SIGCONT)
                handle.close()


def get_json(port: int, path: str, *, token: str | None = None) -> Any:
    """A GET to a server of this machine."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def answers(port: int) -> bool:
    """Whether a server on this port says that it is ready."""
    try:
        return bool(get_json(port, "/health"))
    except OSError:
        return False


class Completion(threading.Thread):
    """A request that a server works on for a while: the tiny model needs about a millisecond a token."""

    def __init__(self, port: int, *, tokens: int, model: str | None = None, token: str | None = None) -> None:
        super().__init__(daemon=True)
        body = {"prompt": "a", "n_predict": tokens, "ignore_eos": True, **({"model": model} if model else {})}
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.request = urllib.request.Request(f"http://127.0.0.1:{port}/completion", json.dumps(body).encode(), headers)
        self.tokens: int | None = None
        self.error = ""
        self.start()

    def run(self) -> None:
        try:
            with urllib.request.urlopen(self.request, timeout=60) as answer:
                self.tokens = json.load(answer).get("tokens_predicted")
        except OSError as error:
            self.error = str(error)


def wait_until(true: Any, *, seconds: float = 10.0) -> None:
    """Waits for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def lines(text: str) -> Iterator[dict[str, Any]]:
    """NDJSON."""
    return (json.loads(line) for line in text.splitlines())
