"""What llama-server does in router mode: the simulated one is held against the real ones, scenario by scenario."""

import asyncio
import json
import signal

import pytest

from reconciler.domain.observation import ObservedProcess
from reconciler.llama.command import preset
from reconciler.llama.router_api import RouterModel, parse_load_reply, parse_sse_event
from reconciler.llama.sse import SseParser
from reconciler.runtime.ports import Exit, Reply
from tests.contracts.bench import Bench
from tests.contracts.llama_bench import Server

CTX = {"ctx-size": "8192"}


class Router(Server):
    """A router over an INI that the test writes."""

    def __init__(self, bench: Bench, sections: dict[str, dict[str, str]], *flags: str, key: str = "") -> None:
        self.bench, self.path = bench, bench.directory / "run" / "router.ini"
        self.write(sections)
        super().__init__(bench, "--models-preset", str(self.path), *flags, key=key)
        self.token = key or None

    def write(self, sections: dict[str, dict[str, str]]) -> None:
        self.bench.files.write(self.path, preset(sections))

    async def load(self, name: str) -> Reply:
        return await self.post("/models/load", model=name)

    async def loaded(self, name: str) -> RouterModel:
        assert (await self.load(name)).status == 200
        return await self.shows(name, "loaded")

    async def reload(self) -> Reply:
        return await self.get("/models?reload=1", timeout=60.0)

    def children(self) -> dict[str, ObservedProcess]:
        found = self.bench.processes.scan().processes
        mine = [one for one in found if one.parent_pid == self.handle.identity.pid]
        return {one.argv[one.argv.index("--alias") + 1].split(",")[0]: one for one in mine}


def section(bench: Bench, **keys: str) -> dict[str, str]:
    return {"model": bench.model(), **CTX, **{key.replace("_", "-"): value for key, value in keys.items()}}


async def works(router: Router, name: str, tokens: int) -> "asyncio.Task[Reply | None]":
    body = json.dumps({"model": name, "prompt": "a", "ignore_eos": True, "n_predict": tokens}).encode()
    task = asyncio.ensure_future(router.bench.http.post(router.port, "/completion", body, timeout=60.0))

    async def busy() -> bool:
        reply = await router.get(f"/slots?autoload=false&model={name}")
        return reply.status == 200 and any(one["is_processing"] for one in json.loads(reply.body))

    await router.until(busy)
    return task


def test_it_lists_its_sections_and_loads_one_when_it_is_told(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served, alias="first"), "b": section(served)}).ready()
        before = await router.models()
        assert {name: one.status.value for name, one in before.items()} == {"a": "unloaded", "b": "unloaded"}
        assert before["a"].aliases == ("first",)
        assert before["a"].port is None
        after = await router.loaded("a")
        child = router.children()["a"]
        mine = served.processes.inspect(router.handle.identity.pid)
        assert mine is not None
        assert (child.marks, child.lock_path) == (mine.marks, mine.lock_path)
        assert served.processes.listeners([after.port or 0]) == {after.port: child.identity.pid}
        assert set(router.children()) == {"a"}

    served.run(scenario())


@pytest.mark.invariant("I11")
def test_a_reload_unloads_what_changed_and_leaves_the_others(served: Bench) -> None:
    async def scenario() -> None:
        sections = {name: section(served) for name in ("changes", "goes", "stays")}
        router = await Router(served, sections).ready()
        for name in sections:
            await router.loaded(name)
        before = router.children()
        router.write({"changes": section(served, threads="1"), "stays": section(served), "new": section(served)})
        assert (await router.reload()).status == 200
        shown = await router.models()
        assert set(shown) == {"changes", "stays", "new"}
        await router.until(lambda: _is_alone(router, "stays"))
        assert router.children()["stays"].identity == before["stays"].identity
        assert {one.status.value for name, one in shown.items() if name != "stays"} == {"unloaded"}
        assert not (await router.models())["changes"].failed

    served.run(scenario())


async def _is_alone(router: Router, name: str) -> bool:
    return set(router.children()) == {name}


def test_a_reload_of_the_same_changes_nothing(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        await router.loaded("a")
        before = router.children()["a"].identity
        assert (await router.reload()).status == 200
        assert (await router.models())["a"].status == "loaded"
        assert router.children()["a"].identity == before

    served.run(scenario())


def test_an_unknown_key_ends_it_at_its_start(served: Bench) -> None:
    router = Router(served, {"a": section(served, no_such_key="1")})

    # b10434 may end before its last words are in the log.
    assert served.run(router.handle.wait(10)) == Exit(code=1)


def test_a_reload_refuses_an_unknown_key_and_keeps_what_it_has(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        await router.loaded("a")
        router.write({"a": section(served, no_such_key="1"), "b": section(served)})
        refused = await router.reload()
        assert refused.status == 500
        assert b"no-such-key" in refused.body
        assert (await router.models())["a"].status == "loaded"
        router.write({"a": section(served), "b": section(served)})
        assert (await router.reload()).status == 200
        await router.loaded("b")

    served.run(scenario())


def test_an_alias_that_is_another_name_is_refused_and_blocks_every_load_until_it_is_gone(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        router.write({"a": section(served), "b": section(served, alias="a")})
        assert (await router.reload()).status == 500
        with pytest.raises(TimeoutError):
            await served.http.post(router.port, "/models/load", b'{"model": "a"}', timeout=0.4)
        router.write({"a": section(served), "b": section(served)})
        assert (await router.reload()).status == 200
        await router.loaded("b")

    served.run(scenario())


@pytest.mark.parametrize("keys", [{"model": "/no/such.gguf"}, {"ctx-size": "abc"}])
def test_it_accepts_a_load_that_fails_and_shows_it_later(served: Bench, keys: dict[str, str]) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served) | keys}).ready()
        assert parse_load_reply(*_parts(await router.load("a"))).accepted

        async def failed() -> bool:
            return (await router.models())["a"].failed

        await router.until(failed)
        one = (await router.models())["a"]
        assert (one.status.value, one.exit_code) == ("unloaded", 1)
        assert (await router.reload()).status == 200
        assert not (await router.models())["a"].failed

    served.run(scenario())


def _parts(reply: Reply) -> tuple[int, bytes]:
    return reply.status, reply.body


def test_a_second_load_says_that_it_runs_and_an_unknown_model_is_refused(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served, alias="first")}).ready()
        await router.loaded("a")
        assert parse_load_reply(*_parts(await router.load("a"))).already_running
        refused = await router.load("b")
        assert refused.status in {400, 404}
        assert not parse_load_reply(*_parts(refused)).accepted

    served.run(scenario())


def test_a_child_that_is_killed_stays_dead_and_is_shown_as_failed(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served), "b": section(served)}).ready()
        await router.loaded("a")
        child = router.children()["a"]
        handle = served.processes.open(child.identity, marks=child.marks)
        assert handle is not None
        handle.signal(signal.SIGKILL)
        handle.close()
        shown = await router.shows("a", "unloaded")
        assert shown.failed
        assert shown.exit_code == 1
        await served.clock.sleep(0.5)
        assert not router.children()
        await router.loaded("a")

    served.run(scenario())


ENDS = [
    (signal.SIGHUP, Exit(signal=signal.SIGHUP)),
    (signal.SIGKILL, Exit(signal=signal.SIGKILL)),
    (signal.SIGTERM, Exit(code=0)),
]


@pytest.mark.parametrize(("number", "how"), ENDS)
def test_its_children_end_with_it(served: Bench, number: int, how: Exit) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        await router.loaded("a")
        child = router.children()["a"]
        router.handle.signal(number)
        assert await router.handle.wait(10) == how

        async def gone() -> bool:
            now = served.processes.inspect(child.identity.pid)
            return now is None or not now.identity.is_same_life(child.identity)

        await router.until(gone, 5.0)

    served.run(scenario())


def test_a_full_router_makes_room_for_the_next(served: Bench) -> None:
    async def scenario() -> None:
        names = ("a", "b", "c")
        router = await Router(served, {name: section(served) for name in names}, "--models-max", "2").ready()
        for name in names:
            await router.loaded(name)
        shown = await router.models()
        assert [shown[name].status.value for name in names] == ["unloaded", "loaded", "loaded"]
        assert not shown["a"].failed

    served.run(scenario())


def test_a_reload_blocks_for_a_request_and_cuts_it(served: Bench) -> None:
    async def scenario() -> None:
        busy = section(served, stop_timeout="1")
        router = await Router(served, {"a": busy}).ready()
        await router.loaded("a")
        request = await works(router, "a", 7000)
        router.write({"a": busy | {"threads": "1"}})
        began = served.clock.monotonic()
        assert (await router.reload()).status == 200
        assert served.clock.monotonic() - began > 0.9
        reply = await request
        assert reply is not None
        assert reply.status == 500
        assert (await router.models())["a"].status == "unloaded"

    served.run(scenario())


def test_slots_of_a_model_are_told_only_by_name_and_while_it_is_loaded(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served), "b": section(served)}).ready()
        await router.loaded("a")
        assert (await router.get("/slots?autoload=false&model=a")).status == 200
        assert (await router.get("/slots")).status == 400
        other = await router.get("/slots?autoload=false&model=b")
        assert other.status == 400
        assert (await router.models())["b"].status == "unloaded"

    served.run(scenario())


def test_its_events_tell_of_a_load(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        parser, told = SseParser(), list[str]()

        async def listen() -> None:
            async for piece in served.http.stream(router.port, "/models/sse"):
                events = [parse_sse_event(raw) for raw in parser.feed(piece)]
                told.extend(f"{one.model}: {one.status}" for one in events if one.status)
                if "a: loaded" in told:
                    return

        listening = asyncio.ensure_future(listen())
        await served.clock.sleep(0.1)
        await router.load("a")
        async with asyncio.timeout(10):
            await listening
        assert told[0] == "a: loading"

    served.run(scenario())


def test_an_unload_ends_the_child_and_is_no_failure(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}).ready()
        await router.loaded("a")
        assert (await router.post("/models/unload", model="a")).status == 200
        assert not (await router.shows("a", "unloaded")).failed
        assert (await router.post("/models/unload", model="a")).status == 400
        await router.until(lambda: _has_no_children(router))

    served.run(scenario())


async def _has_no_children(router: Router) -> bool:
    return not router.children()


def test_a_change_of_what_all_have_in_common_unloads_everything(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"*": {"threads": "2"}, "a": section(served), "b": section(served)}).ready()
        await router.loaded("a")
        await router.loaded("b")
        router.write({"*": {"threads": "1"}, "a": section(served), "b": section(served)})
        assert (await router.reload()).status == 200
        assert {one.status.value for one in (await router.models()).values()} == {"unloaded"}

    served.run(scenario())


def test_its_own_flags_and_its_environment_are_its_childrens(served: Bench) -> None:
    async def scenario() -> None:
        router = await Router(served, {"a": section(served)}, "--metrics", key="sings").ready()
        await router.loaded("a")
        child = router.children()["a"]
        assert "--metrics" in child.argv
        handle = served.processes.open(child.identity, marks=child.marks)
        assert handle is not None
        assert handle.variable("LLAMA_API_KEY") == "sings"
        handle.close()

    served.run(scenario())
