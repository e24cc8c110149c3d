"""What the parsers believe, checked against the real llama-server of the extra `llama`."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.domain.observation import Health
from reconciler.llama.api import parse_health, parse_metrics, parse_props, parse_slots
from reconciler.llama.catalogue import build_of, parse_help
from reconciler.llama.death import CauseKind, cause_of_death
from reconciler.llama.router_api import ModelStatus, RouterModel, parse_load_reply, parse_models
from tests.support import builds
from tests.support.tiny_gguf import write_tiny_gguf

FOUND = builds.runnable()
if FOUND is None:
    pytest.skip("no llama-server for this CPU: make b11434", allow_module_level=True)
BUILD, BINARY = FOUND[0], str(FOUND[1])
ROOT = Path(__file__).parents[3]
# The caller's LLAMA_ARG_* would act like flags.
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@dataclass(frozen=True)
class Server:
    port: int

    def ask(self, path: str, body: object = None) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(log: Path, port: int, *flags: str) -> "subprocess.Popen[bytes]":
    argv = [BINARY, "--host", "127.0.0.1", "--port", str(port), "--log-colors", "off", *flags]
    with log.open("wb") as output:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=ENVIRONMENT)


def eventually(true: Callable[[], bool]) -> None:
    for _ in range(2000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it did not come true in 20 s")


def healthy(server: Server) -> bool:
    try:
        return parse_health(*server.ask("/health")).health is Health.OK
    except (urllib.error.URLError, ConnectionError):
        return False


@contextmanager
def running(log: Path, *flags: str) -> Iterator[Server]:
    server = Server(free_port())
    with start(log, server.port, *flags) as process:
        try:
            eventually(lambda: healthy(server) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield server
        finally:
            process.kill()


@pytest.fixture(scope="module", name="model")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


def test_a_tiny_model_answers_and_its_answers_are_understood(model: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", "-m", str(model), "--alias", "tiny", "--metrics") as server:
        status, body = server.ask("/completion", {"prompt": "hello", "n_predict": 8})
        props = parse_props(server.ask("/props")[1])
        slots = parse_slots(server.ask("/slots")[1])
        metrics = parse_metrics(server.ask("/metrics")[1].decode())

    assert status == 200
    assert json.loads(body)["tokens_predicted"] == 8
    assert (props.router, props.model_alias, props.model_path) == (False, "tiny", str(model))
    assert len(slots) == props.total_slots
    assert not any(slot.busy for slot in slots)
    assert metrics["tokens_predicted_total"] == 8


def test_a_router_is_understood_from_unloaded_to_loaded(model: Path, tmp_path: Path) -> None:
    preset = tmp_path / "router.ini"
    preset.write_text(
        f"[alpha]\nmodel = {model}\nload-on-startup = false\n\n[broken]\nmodel = {tmp_path}/missing.gguf\n"
    )

    with running(tmp_path / "log", "--models-preset", str(preset)) as server:

        def models() -> dict[str, RouterModel]:
            return {found.name: found for found in parse_models(server.ask("/models")[1])}

        before = models()
        first = parse_load_reply(*server.ask("/models/load", {"model": "alpha"}))
        eventually(lambda: models()["alpha"].status is ModelStatus.LOADED)
        again = parse_load_reply(*server.ask("/models/load", {"model": "alpha"}))
        server.ask("/models/load", {"model": "broken"})
        eventually(lambda: models()["broken"].failed)
        after = models()

    assert {found.status for found in before.values()} == {ModelStatus.UNLOADED}
    assert (first.accepted, again.accepted, again.already_running) == (True, False, True)
    assert after["alpha"].port is not None
    assert after["broken"].exit_code == 1


def test_a_router_writes_the_tag_of_a_name_in_capitals_and_leaves_aliases(model: Path, tmp_path: Path) -> None:
    preset = tmp_path / "router.ini"
    preset.write_text(f"[qwen3:8b]\nmodel = {model}\nalias = talk:8b\n\n[x:größe y]\nmodel = {model}\n")

    with running(tmp_path / "log", "--models-preset", str(preset)) as server:
        listed = {one["id"]: one["aliases"] for one in json.loads(server.ask("/models")[1])["data"]}

    assert listed == {"qwen3:8B": ["talk:8b"], "x:GRößE Y": []}


def test_the_published_catalogue_is_that_of_the_binary() -> None:
    printed = {
        flag: subprocess.run([BINARY, flag], capture_output=True, check=True, text=True, env=ENVIRONMENT)
        for flag in ("--help", "--version")
    }

    catalogue = parse_help(printed["--help"].stdout, build=build_of(printed["--version"].stderr))

    assert catalogue.to_text() == (ROOT / f"schemas/llama-server/{BUILD}.json").read_text()


def test_the_causes_of_real_deaths_are_told_apart(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(model.read_bytes()[:60_000])
    text = tmp_path / "text.gguf"
    text.write_text("version https://git-lfs.github.com/spec/v1\n")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = int(listener.getsockname()[1])
        found = {
            CauseKind.FLAG_UNKNOWN: cause(tmp_path / "1", free_port(), "-m", str(model), "--no-such-flag"),
            CauseKind.FILE_MISSING: cause(tmp_path / "2", free_port(), "-m", str(tmp_path / "none.gguf")),
            CauseKind.MODEL_UNUSABLE: cause(tmp_path / "3", free_port(), "-m", str(broken)),
            CauseKind.BAD_MAGIC: cause(tmp_path / "4", free_port(), "-m", str(text)),
            CauseKind.PORT_IN_USE: cause(tmp_path / "5", taken, "-m", str(model)),
        }

    assert list(found) == list(found.values())


def cause(log: Path, port: int, *arguments: str) -> CauseKind:
    """Why a server ended. b10434 may end before its thread has written the log, and then has to be asked again."""
    for _ in range(10):
        process = start(log, port, *arguments)
        try:
            code = process.wait(30)
        finally:
            process.kill()
        kind = cause_of_death(log.read_text(), code, None).kind
        if kind is not CauseKind.EXITED:
            break
    return kind
