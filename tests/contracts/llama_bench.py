"""What contracts of llama-server do on either side: start one, ask it, wait for what it becomes."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from reconciler.domain.observation import Health
from reconciler.llama.death import Cause, cause_of_death
from reconciler.llama.router_api import RouterModel, parse_models
from reconciler.runtime.ports import ProcessHandle, Reply
from reconciler.runtime.servers import health
from tests.contracts.bench import Bench, free_port

PATIENCE = 20.0
LOOK = 0.01


class Server:
    """
    A llama-server on a port of its own.

    Attributes:
        token: is sent along.
    """

    def __init__(self, bench: Bench, *argv: str, port: int = 0, host: str = "127.0.0.1", key: str = "") -> None:
        self.bench, self.host = bench, host
        self.token: str | None = None
        self.port = port or free_port()
        self.log = f"{self.port}.log"
        words = ("--host", host, "--port", str(self.port), "--log-colors", "off", *argv)
        self.handle: ProcessHandle = bench.launch(*words, log=self.log, **({"LLAMA_API_KEY": key} if key else {}))

    async def get(self, path: str, **how: Any) -> Reply:
        reply = await self.bench.http.get(self.port, path, host=self.host, **({"token": self.token} | how))
        assert reply is not None, "connection refused"
        return reply

    async def post(self, path: str, **body: Any) -> Reply:
        reply = await self.bench.http.post(self.port, path, json.dumps(body).encode(), host=self.host, token=self.token)
        assert reply is not None, "connection refused"
        return reply

    async def health(self) -> Health:
        return await health(self.bench.http, self.port, host=self.host)

    async def ready(self) -> Self:
        await self.until(lambda: self.shows_health(Health.OK))
        return self

    async def shows_health(self, wanted: Health) -> bool:
        assert self.handle.alive(), self.words()
        return await self.health() is wanted

    async def until(self, true: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
        """Waits for something to become true."""
        deadline = self.bench.clock.monotonic() + seconds
        while not await true():
            assert self.bench.clock.monotonic() < deadline, f"it did not happen in time\n{self.words()}"
            await self.bench.clock.sleep(LOOK)

    def words(self) -> str:
        return "\n".join(self.bench.files.tail(self.bench.directory / self.log, lines=40))

    async def death(self) -> Cause:
        """Waits for its end and reads the cause in its log."""
        ended = await self.handle.wait(PATIENCE)
        assert ended is not None
        return cause_of_death(self.words(), ended.code, ended.signal)

    async def models(self, path: str = "/models") -> dict[str, RouterModel]:
        """What the router says of its models."""
        reply = await self.get(path, timeout=30.0)
        assert reply.status == 200, reply.body
        return {one.name: one for one in parse_models(reply.body)}

    async def shows(self, name: str, status: str) -> RouterModel:
        """Waits until the router shows a model in this state."""

        async def is_so() -> bool:
            return (await self.models())[name].status == status

        await self.until(is_so)
        return (await self.models())[name]
