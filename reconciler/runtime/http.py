"""
HTTP/1.1 to servers on this machine, behind the port `Http`.

One connection a request: a server that was replaced meanwhile must never be asked through a connection of its
predecessor. h11 knows the protocol and asyncio the sockets; a full client library would cost 0.1 s of every
command.
"""

# ruff: noqa: ASYNC109 - the port `Http` says why

import asyncio
import errno
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import field
from http import HTTPStatus

import h11

from reconciler.domain.frozen import frozen
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.runtime.ports import Reply

_READ_BYTES = 65_536
_BODY_LIMIT = 64 * 1024 * 1024
_NOBODY = frozenset({errno.ECONNREFUSED, errno.ENOENT})

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@frozen
class _Server:
    """Where a request goes; `token` is sent as bearer token and never shown."""

    host: str
    port: int
    token: str | None = field(repr=False)

    @property
    def is_socket(self) -> bool:
        return self.host.endswith(".sock")

    def __str__(self) -> str:
        if self.is_socket:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class LocalHttp:
    """
    Asks servers over TCP, or over a unix socket when the host is a path that ends in `.sock`.

    Args:
        tls: the context for `https`, with the authority behind the servers' certificates; plain when `None`.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls

    async def get(
        self, port: int, path: str, *, host: str = "127.0.0.1", timeout: float = 2.0, token: str | None = None
    ) -> Reply | None:
        """One GET; `None` when the connection is refused; raises as the port says."""
        async with asyncio.timeout(timeout):
            return await self._ask(_Server(host=host, port=port, token=token), "GET", path, None)

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
        """One POST of JSON; answers and errors as `get`."""
        async with asyncio.timeout(timeout):
            return await self._ask(_Server(host=host, port=port, token=token), "POST", path, body)

    async def stream(
        self, port: int, path: str, *, host: str = "127.0.0.1", token: str | None = None
    ) -> AsyncIterator[bytes]:
        """The body of a GET as it arrives; ends and raises as the port says."""
        server = _Server(host=host, port=port, token=token)
        streams = await self._connect(server)
        if streams is None:
            summary = f"nobody listens on {server}"
            raise RuntimeFailure(summary)
        async with aclosing(_events(streams, server, _message(server, "GET", path))) as events:
            async for event in events:
                if isinstance(event, h11.Response) and event.status_code != HTTPStatus.OK:
                    summary = f"{server}{path} answered {event.status_code}"
                    raise RuntimeFailure(summary)
                if isinstance(event, h11.Data):
                    yield bytes(event.data)

    async def _ask(self, server: _Server, method: str, path: str, body: bytes | None) -> Reply | None:
        streams = await self._connect(server)
        if streams is None:
            return None
        async with aclosing(_events(streams, server, _message(server, method, path, body))) as events:
            return await _reply(events, server)

    async def _connect(self, server: _Server) -> _Streams | None:
        try:
            if server.is_socket:
                return await asyncio.open_unix_connection(server.host)
            return await asyncio.open_connection(reachable(server.host), server.port, ssl=self._tls)
        except OSError as error:
            if _nobody_there(error):
                return None
            summary = f"cannot connect to {server}: {error}"
            raise RuntimeFailure(summary) from error


async def _events(streams: _Streams, server: _Server, message: tuple[h11.Event, ...]) -> AsyncGenerator[h11.Event]:
    """Sends the message and yields what comes back until the end of the answer."""
    reader, writer = streams
    connection = h11.Connection(h11.CLIENT)
    try:
        writer.write(b"".join(connection.send(event) or b"" for event in message))
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Event):
                yield event
            else:
                connection.receive_data(await reader.read(_READ_BYTES))
    except (OSError, h11.ProtocolError) as error:
        summary = f"the connection to {server} broke: {error}"
        raise RuntimeFailure(summary) from error
    finally:
        writer.close()


async def _reply(events: AsyncIterator[h11.Event], server: _Server) -> Reply:
    status, body = 0, bytearray()
    async for event in events:
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > _BODY_LIMIT:
            summary = f"{server} sent more than {_BODY_LIMIT} bytes"
            raise RuntimeFailure(summary)
    return Reply(status=status, body=bytes(body))


def _message(server: _Server, method: str, path: str, body: bytes | None = None) -> tuple[h11.Event, ...]:
    host = "localhost" if server.is_socket else str(server)
    headers = [(b"Host", host.encode()), (b"Accept", b"*/*"), (b"Connection", b"close")]
    if body is not None:
        headers += [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body))]
    if server.token is not None:
        # Whatever bytes a server was started with: they are its key.
        headers.append((b"Authorization", f"Bearer {server.token}".encode(errors="surrogateescape")))
    request = h11.Request(method=method, target=path, headers=headers)
    return (request, h11.Data(data=body or b""), h11.EndOfMessage())


def _nobody_there(error: OSError) -> bool:
    # A name with several addresses: asyncio packs the errors of all into one text without a number.
    refused = str(error).count(f"[Errno {errno.ECONNREFUSED}]")
    packed = error.errno is None and str(error).count("[Errno ") == refused > 0
    return error.errno in _NOBODY or packed
