"""A simulated llama-server in router mode, as b10434 and b11434 were measured."""

import signal
from dataclasses import dataclass, field
from typing import Any

from reconciler.llama.argv import after
from reconciler.runtime.ports import Exit
from tests.simulation.llama import (
    BOUND,
    FLAGS_READ,
    PUBLIC,
    RESIDENT,
    UNAUTHORIZED,
    LlamaServer,
    body,
    keys_of,
    recorded,
    wrong_flag,
)
from tests.simulation.network import Exchange
from tests.simulation.process import Behaviour, SimProcess
from tests.simulation.router_answers import RUNNING, Answers
from tests.simulation.sections import BadSections, Sections, arguments, read_sections
from tests.simulation.temper import Temper

STOP_TIMEOUT = 10.0
LOOK = 0.05
ORPHANED = 0.1
"""Seconds until children of a dead router are gone: they read the end of their standard input."""

OWN_FLAGS = frozenset({"--host", "--port", "--models-preset", "--models-max", "--models-dir"})


@dataclass
class Listed:
    """
    One model of the router.

    Attributes:
        stopping: the process before, which was told to end and has not yet.
        passed_on: requests that its processes work on.
        waiting: requests that made it load.
        used: when it was last asked for, by which the oldest is evicted.
    """

    name: str
    keys: dict[str, str]
    status: str = "unloaded"
    failed: bool = False
    exit_code: int | None = None
    child: SimProcess | None = None
    stopping: SimProcess | None = None
    port: int = 0
    used: float = 0.0
    passed_on: list[tuple[SimProcess, Exchange]] = field(default_factory=list)
    waiting: list[Exchange] = field(default_factory=list)


class RouterChild(LlamaServer):
    """The process of a model of the router, which it tells how it is."""

    def __init__(self, router: "Router", listed: Listed) -> None:
        super().__init__()
        self._router, self._listed = router, listed

    def temper(self, process: SimProcess) -> Temper:
        return process.host.temper(self._listed.keys.get("model", ""), self._listed.name)

    def became_ready(self, process: SimProcess) -> None:
        self._router.child_ready(self._listed, process)

    def ended(self, process: SimProcess) -> None:
        self._router.child_ended(self._listed, process)


class Router(Behaviour):
    """It reads its INI when it starts and when it is told to; a dead child stays dead until somebody wants it."""

    def __init__(self) -> None:
        self.models: dict[str, Listed] = {}
        self.listeners: list[Exchange] = []
        self.jammed = False
        self.next_port = 30_000
        self.process: SimProcess | None = None
        self.terminated = False
        self._children: list[SimProcess] = []
        self._answers = Answers(self)

    # --- its life ---

    def begin(self, process: SimProcess) -> None:
        self.process = process
        kernel = process.host.kernel
        if said := wrong_flag(process.argv):
            process.ends(Exit(code=1), after=FLAGS_READ, words=said)
            return
        try:
            found = read_sections(self._ini(process))
        except BadSections as problem:
            words = f"0.00.006.989 E srv  llama_server: failed to initialize router models: {problem}\n"
            process.ends(Exit(code=1), after=FLAGS_READ, words=words)
            return
        self.models = {name: Listed(name, keys) for name, keys in found.items()}
        kernel.after(process, BOUND, lambda: self._bind(process))

    def _ini(self, process: SimProcess) -> str:
        text = process.host.disk.read(after("--models-preset", process.argv))
        if text is None:
            raise BadSections("preset file does not exist")
        return text

    def _bind(self, process: SimProcess) -> None:
        address, port = after("--host", process.argv), int(after("--port", process.argv) or 8080)
        if process.host.network.listener(address, port) is not None:
            process.ends(Exit(code=1), words=recorded("port_in_use"))
        elif temper := self.temper().fail_to_load:
            process.ends(Exit(code=1), words=recorded(temper))
        else:
            process.ports.add(port)
            if (crash := self.temper().crash_after) is not None:
                process.ends(Exit(signal=self.temper().crash_signal), after=crash)
            for one in self.models.values():
                if one.keys.get("load-on-startup") == "true":
                    self.load(one)

    def temper(self) -> Temper:
        assert self.process is not None
        return self.process.host.temper("router")

    def signalled(self, process: SimProcess, number: int) -> None:
        if number not in {signal.SIGTERM, signal.SIGINT}:
            process.ends(Exit(signal=number), after=0.001)
        elif self.temper().ignore_term:
            return
        elif self.terminated:
            process.ends(Exit(code=1), after=0.02)
        else:
            self.terminated = True
            process.listens_no_more()
            for one in self.models.values():
                self.stop(one)
            self._leave(process, process.host.clock.time + STOP_TIMEOUT)

    def _leave(self, process: SimProcess, deadline: float) -> None:
        """Ends when its children have."""
        host = process.host
        if any(one.child or one.stopping for one in self.models.values()) and host.clock.time < deadline:
            host.kernel.after(process, LOOK, lambda: self._leave(process, deadline))
        else:
            process.ends(Exit(code=0), after=LOOK)

    def survives_kill(self, process: SimProcess) -> bool:  # noqa: ARG002 - there is one
        return self.temper().survive_kill

    def ended(self, process: SimProcess) -> None:  # noqa: ARG002 - there is one
        for child in self._children:
            child.ends(Exit(code=0), after=ORPHANED)

    def wanted(self, name: str) -> None:
        """A request of a user for a model, which is loaded for it."""
        one = self.models.get(name)
        if one is not None and not self.jammed and self.process and self.process.ports and not self.terminated:
            one.used = self.process.host.clock.time
            if one.status not in RUNNING:
                self.load(one)

    # --- its children ---

    def load(self, one: Listed) -> None:
        """Starts the process of a model; the longest unused one makes room."""
        router, most = self._running(), int(after("--models-max", self._argv()) or 4)
        if most and len(router) >= most:
            self.stop(min(router, key=lambda other: other.used))
        assert self.process is not None
        host, self.next_port = self.process.host, self.next_port + 1
        one.status, one.failed, one.exit_code, one.port = "loading", False, None, self.next_port
        one.used = host.clock.time
        self._tell(one, {"status": "loading"}, kind="model_status")
        log = one.keys.get("log-file", "")
        if log:
            host.disk.texts.pop(log, None)
        one.child = host.kernel.fork(self.process, self.args(one), RouterChild(self, one), log=log)
        self._children = [*(child for child in self._children if child.exit is None), one.child]

    def _running(self) -> list[Listed]:
        return [one for one in self.models.values() if one.status in RUNNING]

    def _argv(self) -> tuple[str, ...]:
        assert self.process is not None
        return self.process.argv

    def args(self, one: Listed) -> tuple[str, ...]:
        """The command line of a model: the router's own flags, then those of its section."""
        words, own = iter(self._argv()[1:]), []
        for word in words:
            if word in OWN_FLAGS:
                next(words, None)
            else:
                own.append(word)
        return (self._argv()[0], "--host", "127.0.0.1", *own, "--port", str(one.port), *arguments(one.name, one.keys))

    def child_ready(self, one: Listed, child: SimProcess) -> None:
        if one.child is child:
            one.status = "loaded"
            self._tell(one, {"status": "loaded"})
            waiting, one.waiting = one.waiting, []
            for exchange in waiting:
                self.pass_on(one, child, exchange)

    def child_ended(self, one: Listed, child: SimProcess) -> None:
        how = child.exit or Exit()
        for worker, exchange in one.passed_on:
            if worker is child:
                exchange.answer(500, b"proxy error: Failed to read connection")
        one.passed_on = [(worker, exchange) for worker, exchange in one.passed_on if worker is not child]
        if one.stopping is child:
            one.stopping = None
            self._unloaded(one, how, failed=False)
            if one.child is not None:
                # What was asked for too early goes down together with the one before.
                one.child.ends(Exit(signal=signal.SIGKILL))
        elif one.child is child:
            one.child = None
            self._unloaded(one, how, failed=how.code != 0)

    def _unloaded(self, one: Listed, how: Exit, *, failed: bool) -> None:
        if one.child is None:
            # Also for one that was killed it says 1.
            code = how.code if how.code is not None else 1
            one.status, one.failed, one.exit_code = "unloaded", failed, code if failed else None
            self._tell(one, {"status": "unloaded", "exit_code": code})
            for exchange in one.waiting:
                exchange.answer(500, b"model failed to load")
            one.waiting = []

    def stop(self, one: Listed) -> None:
        """Tells a child to end; one that loads is killed, one that works has `stop-timeout`."""
        child, one.child = one.child, None
        if child is None or child.exit is not None:
            return
        kernel = child.host.kernel
        loading = one.status == "loading"
        one.stopping, one.status = child, "unloaded"
        kernel.signal(child, signal.SIGKILL if loading else signal.SIGTERM)
        patience = float(one.keys.get("stop-timeout") or STOP_TIMEOUT)
        kernel.after(child, patience, lambda: self._kill(child))

    @staticmethod
    def _kill(child: SimProcess) -> None:
        child.host.kernel.signal(child, signal.SIGKILL)

    # --- what it says ---

    def asked(self, process: SimProcess, exchange: Exchange) -> None:
        temper = self.temper()
        if self.terminated or temper.silent:
            return
        keys = keys_of(process)
        if keys and exchange.path not in PUBLIC and exchange.token not in keys:
            exchange.answer(401, body(UNAUTHORIZED))
        elif exchange.path == "/health":
            exchange.answer(200, body({"status": "ok"}))
        elif not temper.hang:
            self._answers.answer(process, exchange)

    def reload(self, process: SimProcess, exchange: Exchange) -> None:
        """Compares whole sections; what changed or went is unloaded, and stays so."""
        try:
            found = read_sections(self._ini(process))
        except BadSections as problem:
            self.jammed = "conflicts" in str(problem)
            exchange.answer(500, body({"error": {"code": 500, "message": str(problem), "type": "server_error"}}))
            return
        self.jammed = False
        gone = [one for name, one in self.models.items() if one.keys != found.get(name)]
        for one in gone:
            self.stop(one)
        self._await_idle(process, exchange, gone, found)

    def _await_idle(self, process: SimProcess, exchange: Exchange, gone: list[Listed], found: Sections) -> None:
        """A reload blocks while a child that shall go still works."""
        if any(one.stopping and one.stopping.behaviour.busy(one.stopping) for one in gone):
            process.host.kernel.after(process, LOOK, lambda: self._await_idle(process, exchange, gone, found))
            return
        before = self.models
        self.models = {name: before.get(name) or Listed(name, keys) for name, keys in found.items()}
        for name, one in self.models.items():
            one.keys, one.failed, one.exit_code = found[name], False, None
        for listener in self.listeners:
            listener.piece(b'data: {"model":"*","event":"models_reload","data":{}}\n\n')
        exchange.answer(200, self._answers.listing())

    @staticmethod
    def pass_on(one: Listed, child: SimProcess, exchange: Exchange) -> None:
        one.passed_on = [(worker, asked) for worker, asked in one.passed_on if not asked.over]
        one.passed_on.append((child, exchange))
        if not child.stopped:
            child.behaviour.asked(child, exchange)

    def _tell(self, one: Listed, data: dict[str, Any], *, kind: str = "status_change") -> None:
        event = {"model": one.name, "event": kind, "data": data}
        for exchange in self.listeners:
            exchange.piece(b"data: " + body(event) + b"\n\n")

    def memory(self, process: SimProcess) -> int:  # noqa: ARG002 - there is one
        return RESIDENT
