"""HTTP on a simulated machine: requests reach whoever listens, and can go wrong on their way."""

# ruff: noqa: ASYNC109 - the port `Http` says why

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, unquote, urlsplit

from reconciler.errors import RuntimeFailure
from reconciler.runtime.ports import Reply

if TYPE_CHECKING:
    from tests.simulation.host import SimulatedHost
    from tests.simulation.process import SimProcess
    from tests.simulation.program import Program

LATENCY = 0.0005
"""Seconds to connect and send."""


class Exchange:
    """
    One request with its answer, as the server sees it.

    Attributes:
        query: the last value of each name.
    """

    def __init__(self, process: "SimProcess", method: str, target: str, *, body: bytes, token: str | None) -> None:
        parts = urlsplit(target)
        self.process, self.method, self.path, self.body, self.token = process, method, unquote(parts.path), body, token
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.status = 0
        self.over = False
        self.failed = False
        self._pieces: deque[bytes] = deque()
        self._woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        process.exchanges.add(self)

    # --- the server's side ---

    def answer(self, status: int, body: bytes) -> None:
        """The whole answer."""
        if not self.over:
            self.status = status
            self._pieces.append(body)
            self._end()

    def begins(self) -> None:
        """The head of an answer whose body comes in pieces."""
        self.status = HTTPStatus.OK
        self._wake()

    def piece(self, data: bytes) -> None:
        if not self.over:
            self._pieces.append(data)
            self._wake()

    def broken(self) -> None:
        """The connection is cut."""
        if not self.over:
            self.failed = True
            self._end()

    def closed(self) -> None:
        """The client went away."""
        self.over = True
        self.process.exchanges.discard(self)

    def _end(self) -> None:
        self.closed()
        self._wake()

    def _wake(self) -> None:
        if not self._woken.done():
            self._woken.set_result(None)

    # --- the client's side ---

    async def whole(self, program: "Program") -> Reply:
        """Waits for all of the answer."""
        while not self.over:
            await self._next(program)
        if self.failed:
            raise RuntimeFailure("the connection broke: the server closed it")
        return Reply(status=self.status, body=b"".join(self._pieces))

    async def next_piece(self, program: "Program") -> bytes | None:
        """What comes next; `None` at the end."""
        while not self._pieces and not self.over:
            await self._next(program)
        if self._pieces:
            return self._pieces.popleft()
        if self.failed:
            raise RuntimeFailure("the connection broke: the server closed it")
        return None

    async def _next(self, program: "Program") -> None:
        await program.waits(self._woken)
        self._woken = asyncio.get_running_loop().create_future()


@dataclass
class Fault:
    """
    What happens to the next requests.

    Attributes:
        kind: `refused`, `timeout`, `broken`, `garbage` or `slow`.
        path: only requests whose target has this in it.
        port: only requests to this port.
    """

    kind: str
    times: int
    path: str = ""
    port: int | None = None
    seconds: float = 0.5


class Network:
    """
    Loopback of the machine.

    Attributes:
        counts: how often each kind of fault happened.
    """

    def __init__(self, host: "SimulatedHost") -> None:
        self.host = host
        self.faults: list[Fault] = []
        self.counts: dict[str, int] = {}

    def fault(
        self, kind: str, times: int = 1, *, path: str = "", port: int | None = None, seconds: float = 0.5
    ) -> None:
        """The next `times` requests that fit go wrong; a server has got a `broken` one and acts on it."""
        self.faults.append(Fault(kind, times, path, port, seconds))

    def heal(self) -> None:
        self.faults.clear()

    def fate(self, port: int, target: str) -> Fault | None:
        """What happens to this request."""
        for fault in self.faults:
            if fault.path in target and fault.port in {None, port}:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
                return fault
        return None

    def listener(self, host: str, port: int) -> "SimProcess | None":
        kernel = self.host.kernel
        return kernel.socket_listener(host) if host.endswith(".sock") else kernel.listener(port)


class SimulatedHttp:
    """The port `Http` of one program."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._network = program.host.network

    async def get(
        self, port: int, path: str, *, host: str = "127.0.0.1", timeout: float = 2.0, token: str | None = None
    ) -> Reply | None:
        async with asyncio.timeout(timeout):
            return await self._ask("GET", port, path, host=host, body=b"", token=token)

    async def post(
        self,
        port: int,
        path: str,
        body: bytes,
        *,
        host: str = "127.0.0.1",
        timeout: float = 10.0,
        token: str | None = None,
    ) -> Reply | None:
        async with asyncio.timeout(timeout):
            return await self._ask("POST", port, path, host=host, body=body, token=token)

    def stream(
        self, port: int, path: str, *, host: str = "127.0.0.1", token: str | None = None
    ) -> AsyncIterator[bytes]:
        return _Stream(self, port, path, host, token)

    async def _ask(
        self, method: str, port: int, path: str, *, host: str, body: bytes, token: str | None
    ) -> Reply | None:
        exchange = await self.connect(method, port, path, host=host, body=body, token=token)
        if exchange is None:
            return None
        try:
            reply = await exchange.whole(self._program)
        finally:
            exchange.closed()
        self._program.boundary(f"http:{path}:after")
        return reply

    async def connect(
        self, method: str, port: int, path: str, *, host: str, body: bytes, token: str | None
    ) -> Exchange | None:
        """Sends a request to whoever listens; `None` when nobody does."""
        self._program.boundary(f"http:{path}:before")
        await self._program.sleep(LATENCY)
        fault = self._network.fate(port, path)
        if fault is not None and fault.kind == "slow":
            await self._program.sleep(fault.seconds)
        process = self._network.listener(host, port)
        if process is None or (fault is not None and fault.kind == "refused"):
            return None
        exchange = Exchange(process, method, path, body=body, token=token)
        match fault.kind if fault is not None else "":
            case "timeout":
                pass
            case "garbage":
                exchange.closed()
                raise RuntimeFailure("the connection broke: illegal status line")
            case "broken":
                self._give(process, exchange)
                exchange.failed = True
                exchange.closed()
            case _:
                self._give(process, exchange)
        return exchange

    @staticmethod
    def _give(process: "SimProcess", exchange: Exchange) -> None:
        if not process.stopped:
            process.behaviour.asked(process, exchange)


class _Stream:
    """The body of an answer as it comes."""

    def __init__(self, http: SimulatedHttp, port: int, path: str, host: str, token: str | None) -> None:
        self._http, self._port, self._path, self._host, self._token = http, port, path, host, token
        self._exchange: Exchange | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        program = self._http._program
        if self._exchange is None:
            self._exchange = await self._http.connect(
                "GET", self._port, self._path, host=self._host, body=b"", token=self._token
            )
            if self._exchange is None:
                raise RuntimeFailure(f"nobody listens on {self._host}:{self._port}")
        try:
            piece = await self._exchange.next_piece(program)
        except BaseException:
            self._exchange.closed()
            raise
        if self._exchange.status != HTTPStatus.OK:
            raise RuntimeFailure(f"{self._host}:{self._port}{self._path} answered {self._exchange.status}")
        if piece is None:
            raise StopAsyncIteration
        return piece
