"""What a llama-server does: the simulated one is held against the real ones, scenario by scenario."""

import asyncio
import signal

import pytest

from reconciler.domain.observation import Health
from reconciler.errors import RuntimeFailure
from reconciler.llama.api import parse_props, parse_slots
from reconciler.llama.death import CauseKind
from reconciler.runtime.ports import Exit
from reconciler.runtime.servers import busy
from tests.contracts.bench import Bench
from tests.contracts.llama_bench import Server

LAST_WORDS_LOST = CauseKind.EXITED
"""b10434 may end before its last words are in the log."""


def one(bench: Bench, *flags: str, key: str = "") -> Server:
    return Server(bench, "--model", bench.model(), "--ctx-size", "8192", *flags, key=key)


async def completes(server: Server, tokens: int) -> "asyncio.Task[object]":
    """A request in flight, seen at work."""
    task = asyncio.ensure_future(
        server.bench.http.post(
            server.port,
            "/completion",
            b'{"prompt": "a", "ignore_eos": true, "n_predict": %d}' % tokens,
            timeout=60.0,
        )
    )

    async def works() -> bool:
        return bool(await busy(server.bench.http, server.port, host=server.host, token=None))

    await server.until(works)
    return task


def test_it_becomes_healthy_on_its_port_and_answers(served: Bench) -> None:
    async def scenario() -> None:
        server = one(served, "--parallel", "2")
        assert await server.health() is Health.REFUSED
        await server.ready()
        pid = server.handle.identity.pid
        assert served.processes.listeners([server.port]) == {server.port: pid}
        slots = parse_slots((await server.get("/slots")).body)
        assert [slot.busy for slot in slots] == [False, False]
        assert not parse_props((await server.get("/props")).body).router
        assert (await server.get("/nothing/here")).status == 404
        seen = served.processes.inspect(pid)
        assert seen is not None
        assert (seen.memory_bytes or 0) > 1_000_000

    served.run(scenario())


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        (("--no-such-flag",), CauseKind.FLAG_UNKNOWN),
        (("--draft-max", "3"), CauseKind.FLAG_UNKNOWN),
        (("--ctx-size", "abc"), CauseKind.FLAG_VALUE),
    ],
)
def test_a_flag_that_it_does_not_take_ends_it(served: Bench, flags: tuple[str, ...], kind: CauseKind) -> None:
    server = one(served, *flags)

    assert served.run(server.death()).kind in {kind, LAST_WORDS_LOST}
    assert served.run(server.handle.wait(1)) == Exit(code=1)


@pytest.mark.parametrize(("file", "kind"), [("missing", CauseKind.FILE_MISSING), ("torn", CauseKind.BAD_MAGIC)])
def test_a_file_that_is_no_model_ends_it(served: Bench, file: str, kind: CauseKind) -> None:
    server = Server(served, "--model", served.model(file))

    assert served.run(server.death()).kind in {kind, LAST_WORDS_LOST}
    assert served.run(server.handle.wait(1)) == Exit(code=1)


def test_a_second_one_on_its_port_ends_and_the_first_stays(served: Bench) -> None:
    async def scenario() -> None:
        first = await one(served).ready()
        second = Server(served, "--model", served.model(), port=first.port)
        assert await second.handle.wait(10) == Exit(code=1)
        assert await first.health() is Health.OK

    served.run(scenario())


def test_sigterm_ends_an_idle_one_with_0(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served).ready()
        # It is healthy a moment before it listens to signals, and answers this a moment after.
        await server.get("/slots")
        server.handle.signal(signal.SIGTERM)
        assert await server.handle.wait(10) == Exit(code=0)

    served.run(scenario())


def test_sigterm_closes_the_port_and_never_lets_a_request_finish_and_a_second_one_ends_it(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served).ready()
        request = await completes(server, 7000)
        server.handle.signal(signal.SIGTERM)
        await server.until(lambda: server.shows_health(Health.REFUSED))
        assert not served.processes.listeners([server.port])
        assert await server.handle.wait(0.3) is None
        server.handle.signal(signal.SIGTERM)
        assert await server.handle.wait(5.0) == Exit(code=1)
        with pytest.raises(RuntimeFailure):
            await request

    served.run(scenario())


def test_sigkill_cuts_a_request(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served).ready()
        request = await completes(server, 7000)
        server.handle.signal(signal.SIGKILL)
        assert await server.handle.wait(5.0) == Exit(signal=signal.SIGKILL)
        with pytest.raises(RuntimeFailure):
            await request
        assert await server.health() is Health.REFUSED

    served.run(scenario())


def test_a_request_is_shown_as_work_until_it_is_answered(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served).ready()
        request = await completes(server, 500)
        await request
        assert await busy(served.http, server.port, host=server.host, token=None) == 0

    served.run(scenario())


def test_a_stopped_one_says_nothing_and_goes_on_afterwards(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served).ready()
        server.handle.signal(signal.SIGSTOP)
        await server.until(lambda: server.shows_health(Health.SILENT))
        assert server.handle.alive()
        server.handle.signal(signal.SIGCONT)
        assert await server.health() is Health.OK

    served.run(scenario())


def test_a_key_guards_all_but_health(served: Bench) -> None:
    async def scenario() -> None:
        server = await one(served, key="first,second").ready()
        assert (await server.get("/slots")).status == 401
        assert (await server.get("/props")).status == 401
        for key, status in (("second", 200), ("first", 200), ("third", 401)):
            assert (await server.get("/slots", token=key)).status == status
        assert server.handle.variable("LLAMA_API_KEY") == "first,second"

    served.run(scenario())


def test_it_listens_on_a_unix_socket(served: Bench) -> None:
    async def scenario() -> None:
        path = served.directory / "one.sock"
        server = await Server(served, "--model", served.model(), host=str(path)).ready()
        assert not served.files.clear_socket(path)
        server.handle.signal(signal.SIGKILL)
        await server.handle.wait(5)
        assert served.files.clear_socket(path)

    served.run(scenario())


def test_metrics_have_to_be_asked_for(served: Bench) -> None:
    async def scenario() -> None:
        silent, told = await one(served).ready(), await one(served, "--metrics").ready()
        assert (await silent.get("/metrics")).status == 501
        assert (await told.get("/metrics")).status == 200

    served.run(scenario())
