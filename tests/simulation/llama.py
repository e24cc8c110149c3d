"""A simulated llama-server with one model, as b10434 and b11434 were measured."""

import json
import signal
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.llama.argv import after
from reconciler.llama.catalogue import Catalogue, parse_help
from reconciler.runtime.ports import Exit
from tests.simulation.network import Exchange
from tests.simulation.process import MIB, Behaviour, SimProcess
from tests.simulation.temper import Temper

FIXTURES = Path(__file__).parents[1] / "fixtures" / "llama-server"

FLAGS_READ = 0.005
BOUND = 0.044
"""Seconds from the start until wrong flags have ended it, and until it listens."""

SECOND_TERM = 0.02
RESIDENT = 20 * MIB
PUBLIC = frozenset({"/health", "/v1/health"})
"""What needs no key, with b11434; b10434 tells `/models` too."""

TOKEN = 0.001
"""Seconds that one takes to make."""

LOADING = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
UNAUTHORIZED = {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}
NO_METRICS = {
    "error": {
        "code": 501,
        "message": "This server does not support metrics endpoint. Start it with `--metrics`",
        "type": "not_supported_error",
    }
}
NOT_FOUND = {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}


@cache
def catalogue() -> Catalogue:
    """The flags of b10434."""
    return parse_help((FIXTURES / "llama-server-b10434-help.txt").read_text(encoding="utf-8"), build="b10434")


@cache
def recorded(name: str) -> str:
    """What a real one wrote when it died so."""
    return (FIXTURES / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def wrong_flag(argv: tuple[str, ...]) -> str:
    """What it says of the first flag that it does not take; empty when there is none."""
    words = iter(argv[1:])
    for word in words:
        entry = catalogue().entry(word)
        if entry is None:
            return f"error: invalid argument: {word}\n"
        if entry.removed:
            return f'error while handling argument "{word}": the argument has been removed.\n'
        if entry.value is not None and next(words, None) is None:
            return f'error while handling argument "{word}": expected value for argument\n'
    return bad_number(argv)


def bad_number(argv: tuple[str, ...]) -> str:
    """What it says of a size that is no number."""
    for flag in ("--ctx-size", "--parallel", "--threads"):
        value = after(flag, argv)
        if value and not value.lstrip("-").isdecimal():
            return f'error while handling argument "{flag}": stoi\n'
    return ""


def keys_of(process: SimProcess) -> frozenset[str]:
    return frozenset(filter(None, process.environment.get("LLAMA_API_KEY", "").split(",")))


class Survivor(Behaviour):
    """A child that does not end with its parent, and holds memory and the lock."""


class LlamaServer(Behaviour):
    """
    One model in a process of its own, or a child of the router.

    It listens from the first moment and says 503, then 200. SIGTERM closes its port at once and never lets a request
    finish: with one in flight it stays, silent, until a second SIGTERM.
    """

    def __init__(self) -> None:
        self.bound = False
        self.ready_at: float | None = None
        self.terminated = False
        self.began = 0.0
        self.requests: set[Exchange] = set()

    # --- its life ---

    def begin(self, process: SimProcess) -> None:
        kernel, self.began = process.host.kernel, process.host.clock.time
        if said := wrong_flag(process.argv):
            process.ends(Exit(code=1), after=FLAGS_READ, words=said)
            return
        kernel.after(process, BOUND, lambda: self._bind(process))

    def _bind(self, process: SimProcess) -> None:
        host = process.host
        address, port = after("--host", process.argv), int(after("--port", process.argv) or 8080)
        taken = host.network.listener(address, port)
        if taken is not None:
            process.ends(Exit(code=1), words=recorded("port_in_use"))
            return
        if address.endswith(".sock"):
            process.sockets.add(address)
        else:
            process.ports.add(port)
        self.bound = True
        process.says("I srv    load_model: loading model\n")
        self._load(process)

    def _load(self, process: SimProcess) -> None:
        """Whatever is wrong with the model shows a moment after it began to load."""
        if why := self._unusable(process):
            process.ends(Exit(code=1), after=0.005, words=recorded(why))
            return
        temper = self.temper(process)
        if temper.stuck_loading:
            return
        seconds = temper.load_seconds * process.host.disk.slow
        if temper.fail_to_load:
            process.ends(Exit(code=1), after=seconds, words=recorded(temper.fail_to_load))
            return
        process.host.kernel.after(process, seconds, lambda: self._ready(process))

    def _unusable(self, process: SimProcess) -> str:
        host = process.host
        path = self.model_path(process)
        file = host.disk.models.get(path)
        if path and file is None:
            return "file_missing"
        if file is not None and (file.problem or file.size < file.whole):
            return "bad_magic" if file.problem else "truncated"
        # What it needs is counted from the moment when it listens.
        if host.gpu.total and host.gpu.left < 0:
            return "out_of_memory"
        if int(after("--ctx-size", process.argv) or 0) > host.largest_context:
            return "out_of_memory"
        return ""

    def _ready(self, process: SimProcess) -> None:
        host, temper = process.host, self.temper(process)
        self.ready_at = host.clock.time
        process.says("I srv  llama_server: model loaded\n")
        if temper.forks_survivor:
            host.kernel.fork(process, process.argv, Survivor())
        if temper.crash_after is not None:
            process.ends(Exit(signal=temper.crash_signal), after=temper.crash_after)
        self.became_ready(process)

    def became_ready(self, process: SimProcess) -> None:
        """For children of the router, which tell it."""

    def signalled(self, process: SimProcess, number: int) -> None:
        temper = self.temper(process)
        if number not in {signal.SIGTERM, signal.SIGINT}:
            process.ends(Exit(signal=number), after=0.001)
        elif temper.ignore_term:
            return
        elif self.terminated:
            process.ends(Exit(code=1), after=SECOND_TERM)
        else:
            self.terminated = True
            process.listens_no_more()
            if not (self.busy(process) or temper.hang):
                process.ends(Exit(code=0), after=temper.exit_seconds)

    def survives_kill(self, process: SimProcess) -> bool:
        return self.temper(process).survive_kill

    # --- what it says ---

    def asked(self, process: SimProcess, exchange: Exchange) -> None:
        temper = self.temper(process)
        if self.terminated or temper.silent:
            return
        keys = keys_of(process)
        if keys and exchange.path not in PUBLIC and exchange.token not in keys:
            exchange.answer(401, body(UNAUTHORIZED))
        elif self.ready_at is None:
            exchange.answer(503, body(LOADING))
        elif exchange.path in {"/health", "/v1/health"}:
            exchange.answer(200, body({"status": "ok"}))
        elif not temper.hang:
            self.answered(process, exchange)

    def answered(self, process: SimProcess, exchange: Exchange) -> None:
        """Any request to one that is ready."""
        context = int(after("--ctx-size", process.argv) or 4096)
        places = int(after("--parallel", process.argv) or 4)
        match exchange.path:
            case "/slots":
                busy = self.busy(process)
                found = [
                    {"id": one, "n_ctx": context, "is_processing": one < busy} | ({"id_task": 1} if one < busy else {})
                    for one in range(max(places, busy))
                ]
                exchange.answer(200, body(found))
            case "/props":
                settings = {"default_generation_settings": {"n_ctx": context}, "total_slots": places}
                alias = after("--alias", process.argv).split(",")[0]
                names = {"model_path": self.model_path(process), "model_alias": alias, "build_info": "b1-7e4c0a9"}
                exchange.answer(200, body(settings | names | {"is_sleeping": False}))
            case "/metrics" if "--metrics" in process.argv:
                exchange.answer(200, b"llamacpp:requests_processing 0\n")
            case "/metrics":
                exchange.answer(501, body(NO_METRICS))
            case "/completion":
                self._complete(process, exchange)
            case _:
                exchange.answer(404, body(NOT_FOUND))

    def _complete(self, process: SimProcess, exchange: Exchange) -> None:
        """Works on a request; after a SIGTERM it never ends."""
        tokens = int(json.loads(exchange.body).get("n_predict", 100))
        self.requests.add(exchange)

        def done() -> None:
            if not self.terminated and not process.stopped:
                self.requests.discard(exchange)
                exchange.answer(200, body({"content": "a", "tokens_predicted": tokens}))

        process.host.kernel.after(process, tokens * TOKEN, done)

    def busy(self, process: SimProcess) -> int:
        """How many requests it works on; one whose client went away is given up."""
        self.requests = {one for one in self.requests if not one.over}
        return len(self.requests) + self.temper(process).busy(process.host.clock.time)

    # --- what it costs ---

    def temper(self, process: SimProcess) -> Temper:
        name = after("--alias", process.argv).split(",")[0]
        return process.host.temper(self.model_path(process), name)

    def model_path(self, process: SimProcess) -> str:
        return after("--model", process.argv) or after("-m", process.argv)

    def memory(self, process: SimProcess) -> int:
        """Grows while it loads."""
        file = process.host.disk.models.get(self.model_path(process))
        size = file.size if file is not None else 0
        temper = self.temper(process)
        if self.ready_at is not None:
            return RESIDENT + size
        if temper.stuck_loading:
            return RESIDENT
        seconds = max(temper.load_seconds * process.host.disk.slow, 0.001)
        share = min((process.host.clock.time - self.began) / seconds, 1.0)
        return RESIDENT + int(size * share)

    def gpu_memory(self, process: SimProcess) -> int:
        """All of the model is on the GPU, where there is one."""
        file = process.host.disk.models.get(self.model_path(process))
        return file.size if file is not None and process.host.gpu.total and self.bound else 0

    def written(self, process: SimProcess) -> int:
        return len(process.host.disk.texts.get(process.log, b""))
