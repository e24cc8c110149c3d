"""The contract of `Http`, against servers that behave and servers that do not."""

import asyncio

import pytest

from reconciler.errors import RuntimeFailure
from tests.contracts.bench import Bench, free_port, new_marks


def test_nobody_there_is_no_answer(bench: Bench) -> None:
    port = free_port()

    assert bench.run(bench.http.get(port, "/health")) is None
    assert bench.run(bench.http.post(port, "/models/load", b"{}")) is None
    with pytest.raises(RuntimeFailure, match="nobody listens"):
        bench.run(_first_piece(bench, port))


def test_a_socket_that_is_not_there_is_no_answer(bench: Bench) -> None:
    path = str(bench.directory / "none.sock")

    assert bench.run(bench.http.get(1, "/health", host=path)) is None


def test_silence_is_waited_for_only_so_long(bench: Bench) -> None:
    port = free_port()
    bench.start("listens", new_marks(), port=port)
    began = bench.clock.monotonic()

    with pytest.raises(TimeoutError):
        bench.run(bench.http.get(port, "/health", timeout=0.05))
    with pytest.raises(TimeoutError):
        bench.run(bench.http.post(port, "/health", b"{}", timeout=0.05))

    assert bench.clock.monotonic() - began > 0.09


def test_a_server_that_dies_breaks_the_connection(bench: Bench) -> None:
    port = free_port()
    handle = bench.start("listens", new_marks(), port=port)

    async def scenario() -> None:
        asking = asyncio.ensure_future(bench.http.get(port, "/health", timeout=20.0))
        await bench.clock.sleep(0.05)
        handle.signal(9)
        with pytest.raises(RuntimeFailure, match="broke"):
            await asking

    bench.run(scenario())


async def _first_piece(bench: Bench, port: int) -> bytes:
    async for piece in bench.http.stream(port, "/models/sse"):
        return piece
    return b""
