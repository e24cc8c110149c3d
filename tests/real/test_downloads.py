"""Models that llama-server downloads by itself: from loopback, slowly, and with all that goes wrong on the way."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.downloads import DownloadServer, publish
from tests.support.sandbox import Sandbox, free_port, lines, wait_until
from tests.support.tiny_gguf import write_tiny_gguf

BOTH = pytest.mark.parametrize("serve", ["dedicated", "routed"])


@pytest.fixture
def web(tmp_path: Path) -> Iterator[DownloadServer]:
    with DownloadServer() as server:
        server.files["/m/tiny.gguf"] = write_tiny_gguf(tmp_path / "source.gguf").read_bytes()
        yield server


@pytest.fixture
def box(sandbox: Sandbox, each_build: Path, web: DownloadServer) -> Sandbox:
    """A fleet whose downloads come from loopback and go to a folder of its own."""
    sandbox.llama_server = each_build
    sandbox.environment |= {"LLAMA_CACHE": str(sandbox.directory / "cache"), "HF_ENDPOINT": web.address}
    return sandbox


def declare(box: Sandbox, serve: str, name: str, **settings: Any) -> None:
    getattr(box, serve)(name, path=None, **settings)


def partial(box: Sandbox) -> list[Path]:
    return list((box.directory / "cache").glob("*.downloadInProgress"))


def failure(box: Sandbox, name: str, *, exits: int = 4) -> str:
    """What apply says of a model that did not come. It tries again: b10434 may end before it has written why."""
    for _ in range(10):
        report = json.loads(box.apply("--format", "json", exits=exits).stdout.splitlines()[-1])
        message: str = next(one["message"] for one in report["outcomes"] if one["resource"] == f"model/{name}")
        if not message.startswith("exited: "):
            return message
        assert "; it had " in message
    return message


@BOTH
def test_a_slow_download_that_moves_is_waited_for_and_shown(box: Sandbox, web: DownloadServer, serve: str) -> None:
    web.pause = 0.1
    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf", health={"startup_timeout": "1s", "startup_limit": "1s"})

    (change,) = [one for one in box.plan()["changes"] if one["resource"] == "model/a"]
    assert f"downloads {web.address}/m/tiny.gguf" in change["note"]
    box.run("validate", "--host")
    assert web.asked == []

    events = list(lines(box.apply("--format", "json").stdout))
    received = [one["received_bytes"] for one in events if one.get("stage") == "downloading"]
    assert len(received) > 1
    assert received == sorted(received)
    assert received[-1] <= len(web.files["/m/tiny.gguf"]) + 4096
    assert web.asked == ["HEAD /m/tiny.gguf", "GET /m/tiny.gguf"]

    assert box.actions() == {}
    # The next shell knows nothing of the cache; the file stays where it is.
    summary = box.plan(LLAMA_CACHE="/elsewhere", XDG_CACHE_HOME="/nowhere")["summary"]
    assert sum(summary.values()) == summary["keep"]
    pids = box.pids()
    box.apply()
    assert box.pids() == pids
    assert len(web.asked) == 2


@BOTH
def test_a_download_that_stalls_is_given_up_and_continued_by_the_next_apply(
    box: Sandbox, web: DownloadServer, serve: str
) -> None:
    web.stop_at = 60_000
    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf", health={"startup_timeout": "1s", "stop_grace": "1s"})

    assert "startup_timeout" in failure(box, "a")
    assert [one for one in box.processes() if "--model-url" in one.argv] == []
    assert partial(box)
    web.stop_at = None
    web.asked.clear()
    box.apply()
    assert box.actions() == {}
    assert web.asked == ["HEAD /m/tiny.gguf", "GET /m/tiny.gguf"]
    assert not partial(box)


@BOTH
def test_what_cannot_be_downloaded_is_said_and_the_version_before_comes_back(
    box: Sandbox, web: DownloadServer, serve: str
) -> None:
    declare(box, serve, "a", url=f"{web.address}/m/none.gguf")
    message = failure(box, "a")
    assert message.startswith("download_failed: ")
    assert "404" in message

    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf")
    box.apply()
    declare(box, serve, "a", url=f"{web.address}/m/none.gguf")
    assert "404" in failure(box, "a", exits=5)
    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf")
    assert box.actions() == {}


@BOTH
def test_a_cut_connection_and_a_file_that_is_no_model_are_told_apart(
    box: Sandbox, web: DownloadServer, serve: str
) -> None:
    web.files["/m/page.gguf"] = b"<html>" * 5000
    declare(box, serve, "a", url=f"{web.address}/m/page.gguf")
    assert failure(box, "a").startswith("bad_magic: ")

    web.stop_at, web.cut = 60_000, True
    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf")
    message = failure(box, "a")
    assert message.startswith("download_failed: ")
    assert "nobody answered there, or the connection was cut" in message


def test_without_tls_the_way_out_is_said(box: Sandbox) -> None:
    declare(box, "dedicated", "a", url="https://127.0.0.1:9/m.gguf")
    declare(box, "dedicated", "b", docker="gemma3")
    assert all("this build has no TLS" in failure(box, name) for name in "ab")


@BOTH
def test_an_apply_that_is_killed_during_a_download_is_made_good_by_the_next(
    box: Sandbox, web: DownloadServer, serve: str
) -> None:
    web.stop_at = 60_000
    declare(box, serve, "a", url=f"{web.address}/m/tiny.gguf")
    with box.start("apply", "-y") as killed:
        wait_until(lambda: partial(box), seconds=30)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    (downloading,) = [one.identity.pid for one in box.processes() if "--model-url" in one.argv]
    with box.start("apply", "-y", "--format", "json") as again:
        time.sleep(0.2)
        web.go_on.set()
        out, err = again.communicate(timeout=50)

    assert again.returncode == 0, out + err
    assert [one.identity.pid for one in box.processes() if "--model-url" in one.argv] == [downloading]
    wait_until(lambda: not partial(box))
    assert box.actions() == {}


def test_models_with_one_address_download_it_one_after_the_other(box: Sandbox, web: DownloadServer) -> None:
    web.pause = 0.02
    for name in "abc":
        declare(box, "dedicated", name, url=f"{web.address}/m/tiny.gguf")
    declare(box, "routed", "d", url=f"{web.address}/m/tiny.gguf")
    box.apply()
    assert web.asked.count("GET /m/tiny.gguf") == 1
    assert all(row["ready"] for row in box.status().values())


def test_a_changed_cache_moves_nothing_that_the_router_has(box: Sandbox, web: DownloadServer) -> None:
    declare(box, "routed", "a", url=f"{web.address}/m/tiny.gguf")
    box.routed("b")
    box.apply()
    before = box.children_of_router()
    box.document["models"]["b"]["sampling"] = {"top_k": 7}
    box.environment["LLAMA_CACHE"] = str(box.directory / "elsewhere")
    box.apply()

    assert box.children_of_router()["a"] == before["a"]
    assert box.children_of_router()["b"] != before["b"]


@BOTH
def test_a_repository_of_hugging_face_is_downloaded_once_and_served_offline(
    box: Sandbox, web: DownloadServer, serve: str
) -> None:
    tiny = web.files["/m/tiny.gguf"]
    publish(web, "org/tiny-GGUF", {"tiny-Q4_K_M.gguf": tiny, "tiny-Q8_0.gguf": tiny})
    declare(box, serve, "a", hf="org/tiny-GGUF:Q8_0")
    box.document["server"]["hf_token"] = {"env": "MY_TOKEN"}
    box.environment["MY_TOKEN"] = "PLANTED"
    box.apply()
    assert [one.rpartition("/")[2] for one in web.asked if one.startswith("GET /org/")] == ["tiny-Q8_0.gguf"]
    assert web.tokens == {"Bearer PLANTED"}
    assert not [file for file in box.store.rglob("*") if file.is_file() and b"PLANTED" in file.read_bytes()]
    # The router lists what is in the cache; nobody needs to hear of it.
    plan = box.plan()
    assert (plan["summary"]["keep"], plan["drift"]) == (len(plan["changes"]), [])

    web.asked.clear()
    box.document["models"]["a"]["offline"] = True
    assert box.actions() == {"model/a": "restart" if serve == "dedicated" else "reload"}
    box.apply()
    assert web.asked == []

    declare(box, serve, "a", hf="org/tiny-GGUF", hf_file="none.gguf")
    assert "'none.gguf' not found" in failure(box, "a", exits=5)


@contextmanager
def started(box: Sandbox, port: int, *words: str) -> Iterator[int]:
    """A llama-server that somebody started by hand, listening."""
    argv = [str(box.llama_server), *words, "--host", "127.0.0.1", "--port", str(port), "-np", "1", "-t", "1"]
    log = box.directory / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=box.environment)
    try:
        wait_until(lambda: b"listening on" in log.read_bytes(), seconds=30)
        yield server.pid
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("source", ["hf", "url"])
def test_a_server_that_downloaded_its_model_is_adopted(box: Sandbox, web: DownloadServer, source: str) -> None:
    publish(web, "org/tiny-GGUF", {"tiny-Q8_0.gguf": web.files["/m/tiny.gguf"]})
    own, address, port = str(box.directory / "own.gguf"), f"{web.address}/m/tiny.gguf", free_port()
    said = {"hf": ["-hf", "org/tiny-GGUF:Q8_0"], "url": ["-m", own, "-mu", address]}[source]
    declare(box, "dedicated", "a", port=port, **{source: said[-1]})
    del box.document["server"]["memory"]
    with started(box, port, *said) as pid:
        box.run("adopt", "a", "-y")
        assert box.actions() == {}
        assert box.pids() == {"a": pid}


def test_a_server_with_nothing_but_an_address_is_a_router_and_no_model(box: Sandbox, web: DownloadServer) -> None:
    port, address = free_port(), f"{web.address}/m/tiny.gguf"
    declare(box, "dedicated", "a", port=port, url=address)
    with started(box, port, "-mu", address):
        assert "is a router" in box.run("adopt", "a", "-y", exits=1).stderr
