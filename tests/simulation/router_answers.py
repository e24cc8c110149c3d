"""What a simulated router answers."""

import json
from typing import TYPE_CHECKING, Any

from reconciler.llama.argv import after
from tests.simulation.llama import NOT_FOUND, body
from tests.simulation.network import Exchange
from tests.simulation.process import SimProcess
from tests.simulation.sections import aliases

if TYPE_CHECKING:
    from tests.simulation.router import Listed, Router

RELOAD = 0.01
RUNNING = frozenset({"loading", "loaded"})


class Answers:
    """The desk of one router: what it is asked for, it has done by the router."""

    def __init__(self, router: "Router") -> None:
        self._router = router

    def answer(self, process: SimProcess, exchange: Exchange) -> None:
        router = self._router
        match exchange.path:
            case "/models" if "reload" in exchange.query:
                process.host.kernel.after(process, RELOAD, lambda: router.reload(process, exchange))
            case "/models":
                exchange.answer(200, self.listing())
            case "/models/load":
                self._asked_to_load(exchange)
            case "/models/unload":
                self._asked_to_unload(exchange)
            case "/models/sse":
                exchange.begins()
                self._router.listeners.append(exchange)
            case "/props":
                most = int(after("--models-max", process.argv) or 4)
                plain = {"model_path": "none", "model_alias": "llama-server", "build_info": "b1-7e4c0a9"}
                settings = {"role": "router", "max_instances": most, "default_generation_settings": {"n_ctx": 0}}
                exchange.answer(200, body(settings | plain))
            case "/slots" | "/metrics" | "/completion":
                self._forward(exchange)
            case _:
                exchange.answer(404, body(NOT_FOUND))

    def listing(self) -> bytes:
        return body({"data": [self._row(one) for one in self._router.models.values()]})

    def _row(self, one: "Listed") -> dict[str, Any]:
        status: dict[str, Any] = {"value": one.status, "args": list(self._router.args(one))}
        status |= {"failed": True, "exit_code": one.exit_code} if one.failed else {}
        return {"id": one.name, "aliases": list(aliases(one.keys)), "status": status}

    def _named(self, exchange: Exchange) -> "Listed | None":
        try:
            name = json.loads(exchange.body or b"{}").get("model", "")
        except ValueError:
            name = ""
        name = name or exchange.query.get("model", "")
        found = self._router.models.get(name)
        return found or next((one for one in self._router.models.values() if name in aliases(one.keys)), None)

    def _asked_to_load(self, exchange: Exchange) -> None:
        one = self._named(exchange)
        if one is None:
            exchange.answer(
                404, body({"error": {"code": 404, "message": "model not found", "type": "not_found_error"}})
            )
        elif self._router.jammed:
            return
        elif one.status in RUNNING:
            message = {"code": 400, "message": "model is already running", "type": "invalid_request_error"}
            exchange.answer(400, body({"error": message}))
        else:
            self._router.load(one)
            exchange.answer(200, body({"success": True}))

    def _asked_to_unload(self, exchange: Exchange) -> None:
        one = self._named(exchange)
        if one is None or one.status not in RUNNING:
            message = {"code": 400, "message": "model is not running", "type": "invalid_request_error"}
            exchange.answer(400, body({"error": message}))
        else:
            self._router.stop(one)
            exchange.answer(200, body({"success": True}))

    def _forward(self, exchange: Exchange) -> None:
        """What concerns one model is passed on to its process."""
        one = self._named(exchange)
        if one is not None and one.status != "loaded" and exchange.query.get("autoload") != "false":
            one.waiting.append(exchange)
            if one.status not in RUNNING:
                self._router.load(one)
        elif one is None or one.child is None or one.status != "loaded":
            text = "model is not loaded" if one else "model name is missing from the request"
            exchange.answer(400, body({"error": {"code": 400, "message": text, "type": "invalid_request_error"}}))
        else:
            self._router.pass_on(one, one.child, exchange)
