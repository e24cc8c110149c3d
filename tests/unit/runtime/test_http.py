"""HTTP against small servers that do what real ones do on a bad day."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reconciler.errors import RuntimeFailure
from reconciler.runtime.http import LocalHttp
from reconciler.runtime.ports import Reply
from tests.contracts.bench import free_port

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer, *, path: str = "") -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
            await answer(head + await reader.readexactly(length), writer)
        except ConnectionError:
            pass  # the client had enough
        finally:
            writer.close()

    if path:
        server = await asyncio.start_unix_server(handle, path)
    else:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield 0 if path else server.sockets[0].getsockname()[1]
    finally:
        server.close()


def sends(*parts: bytes) -> Answer:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


async def echo(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request), request))


async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1000)


async def ask(answer: Answer, *, timeout: float = 10.0) -> Reply | None:  # noqa: ASYNC109 - as the port
    async with serving(answer) as port:
        return await LocalHttp().get(port, "/health", timeout=timeout)


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 503 Nope\r\nContent-Length: 4\r\n\r\nwait",),
        (b"HTTP/1.1 503 Nope\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nwa\r\n", b"2\r\nit\r\n0\r\n\r\n"),
        (b"HTTP/1.1 503 Nope\r\nConnection: close\r\n\r\nwa", b"it"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Nope\r\nContent-Length: 4\r\n\r\nwait",),
    ],
    ids=["with-length", "chunked", "until-the-end", "after-a-continue"],
)
def test_a_reply_is_read_whole(parts: tuple[bytes, ...]) -> None:
    assert asyncio.run(ask(sends(*parts))) == Reply(status=503, body=b"wait")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    moved = sends(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    assert asyncio.run(ask(moved)) == Reply(status=302, body=b"")


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",),
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x" * (65 * 1024 * 1024)),
    ],
    ids=["closed", "half", "another-protocol", "too-much"],
)
def test_a_broken_answer_is_an_error_that_names_the_place(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(RuntimeFailure, match=r"127\.0\.0\.1:"):
        asyncio.run(ask(sends(*parts)))


def test_a_silent_server_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(ask(silent, timeout=0.1))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])
def test_nobody_listens(host: str) -> None:
    assert asyncio.run(LocalHttp().get(free_port(), "/health", host=host)) is None


def test_a_socket_that_is_not_there_is_nobody(tmp_path: Path) -> None:
    assert asyncio.run(LocalHttp().get(0, "/", host=str(tmp_path / "no.sock"))) is None


def test_a_dead_socket_file_is_nobody(tmp_path: Path) -> None:
    path = str(tmp_path / "dead.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)

    assert asyncio.run(LocalHttp().get(0, "/", host=path)) is None


def test_a_unix_socket_is_asked(tmp_path: Path) -> None:
    async def run() -> Reply | None:
        path = str(tmp_path / "a.sock")
        async with serving(echo, path=path):
            return await LocalHttp().get(0, "/props", host=path)

    reply = asyncio.run(run())
    assert reply is not None
    assert reply.body.startswith(b"GET /props HTTP/1.1\r\nHost: localhost\r\n")


def test_a_post_carries_its_body_and_the_token() -> None:
    async def run() -> Reply | None:
        async with serving(echo) as port:
            return await LocalHttp().post(port, "/models/load", b'{"model":"a"}', token="canary")

    reply = asyncio.run(run())
    assert reply is not None
    assert reply.body.endswith(b'\r\n\r\n{"model":"a"}')
    assert b"Authorization: Bearer canary\r\n" in reply.body


@pytest.mark.invariant("I28")
@pytest.mark.parametrize("token", ["ségcret€", "a\udcffb"])
def test_a_token_is_sent_as_the_bytes_that_it_is(token: str) -> None:
    async def run() -> Reply | None:
        async with serving(echo) as port:
            return await LocalHttp().get(port, "/", token=token)

    reply = asyncio.run(run())

    assert reply is not None
    assert b"Authorization: Bearer " + os.fsencode(token) + b"\r\n" in reply.body


def test_no_error_shows_the_token() -> None:
    async def run() -> None:
        async with serving(sends(b"garbage\r\n\r\n")) as port:
            await LocalHttp().get(port, "/", token="canary")

    with pytest.raises(RuntimeFailure) as caught:
        asyncio.run(run())
    assert "canary" not in repr(caught.value) + str(caught.value.__cause__)


def test_a_stream_gives_what_comes_as_it_comes() -> None:
    async def run() -> list[bytes]:
        goes_on = asyncio.Event()

        async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            await writer.drain()
            await goes_on.wait()
            writer.write(b"6\r\nsecond\r\n0\r\n\r\n")

        got = []
        async with serving(answer) as port:
            async for part in LocalHttp().stream(port, "/models/sse"):
                got.append(part)
                goes_on.set()
        return got

    assert asyncio.run(run()) == [b"first", b"second"]


def test_a_stream_that_nobody_reads_on_is_closed() -> None:
    async def run() -> None:
        endless = sends(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100)
        async with serving(endless) as port:
            async for _ in LocalHttp().stream(port, "/models/sse"):
                break

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer", [sends(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), sends()], ids=["not-found", "closed"]
)
def test_a_stream_that_does_not_come_is_an_error(answer: Answer) -> None:
    async def run() -> None:
        async with serving(answer) as port:
            async for _ in LocalHttp().stream(port, "/models/sse"):
                pass

    with pytest.raises(RuntimeFailure):
        asyncio.run(run())


def test_a_stream_of_nobody_is_an_error() -> None:
    async def run() -> None:
        async for _ in LocalHttp().stream(free_port(), "/models/sse"):
            pass

    with pytest.raises(RuntimeFailure, match="nobody listens"):
        asyncio.run(run())
