"""What is rendered, and that the real llama-server of the extra `llama` takes it."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.llama.catalogue import Catalogue, parse_help
from reconciler.llama.command import dedicated_argv, preset, router_argv, router_model_argv, section
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import validate
from tests.support import builds
from tests.support.tiny_gguf import write_tiny_gguf

FIXTURES = Path(__file__).parents[3] / "tests/fixtures/llama-server"
MANY: dict[str, Any] = {
    "aliases": ["x", "y"],
    "threads": 1,
    "parallel": 1,
    "cont_batching": False,
    "embeddings": False,
    "sampling": {"temperature": 0.5, "top_k": 10, "seed": 1, "ignore_eos": True, "repeat_penalty": 1.0},
    "memory": {
        "ctx_size": "1k", "batch_size": 64, "cache_type_k": "f16", "load_mode": "mmap", "kv_offload": False,
        "swa_full": False, "cache_ram": 0,
    },
    "gpu": {"layers": 0, "split_mode": "none", "fit": False},
    "advanced": {"flash_attn": "off", "warmup": False, "context_shift": False},
    "extra_args": {"--prio": 0, "--no-host": True, "--verbose": False, "--reasoning-budget": -1},
}  # fmt: skip


def catalogue(build: str) -> Catalogue:
    return parse_help((FIXTURES / f"llama-server-{build}-help.txt").read_text(), build=build)


OLD, NEW = catalogue("b10434"), catalogue("b11434")
SERVER = ServerSpec()


def model(**keys: Any) -> ModelSpec:
    return validate(ModelSpec, {"path": "/m.gguf", **keys})


def argv(spec: ModelSpec, server: ServerSpec = SERVER, build: Catalogue = OLD) -> tuple[str, ...]:
    return dedicated_argv(spec, "coder", server, port=8101, binary="llama-server", catalogue=build)


def test_a_bare_model_gets_our_own_flags_and_its_file() -> None:
    assert " ".join(argv(model(aliases=["c"]))) == (
        "llama-server --host 127.0.0.1 --port 8101 --alias coder,c --metrics --log-colors off --model /m.gguf"
    )


def test_every_own_flag_stands_before_every_other() -> None:
    words, own = argv(model(**MANY)), ("--host", "--port", "--alias", "--metrics", "--log-colors")
    assert max(words.index(flag) for flag in own) < words.index("--model")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"memory": {"load_mode": "mlock"}}, "--load-mode mlock"),
        ({"memory": {"kv_offload": False}}, "--no-kv-offload"),
        ({"memory": {"kv_offload": True}}, "--kv-offload"),
        ({"memory": {"swa_full": False}}, ""),
        ({"gpu": {"tensor_split": [3, 1.5]}}, "--tensor-split 3,1.5"),
        ({"gpu": {"fit": False}}, "--fit off"),
        ({"lora": {"adapters": ["/a", "/b"]}}, "--lora /a --lora /b"),
        ({"sampling": {"temperature": 1.0}}, "--temperature 1"),
        ({"sampling": {"temperature": 0.000001}}, "--temperature 1e-06"),
        ({"speculative": {"draft_max": 4}}, "--spec-draft-n-max 4"),
        (
            {"extra_args": {"--a": True, "--b": None, "--c": False, "--d": [1, "x"], "--e": 0.5}},
            "--a --d 1 --d x --e 0.5",
        ),
    ],
)
def test_a_setting_is_spelled_as_the_build_takes_it(keys: dict[str, Any], expected: str) -> None:
    assert " ".join(argv(model(**keys))[len(argv(model())) :]) == expected


def test_server_settings_go_to_every_process_and_to_no_section() -> None:
    server = ServerSpec(ui=False, timeout=9)
    router = router_argv(RouterSpec(), server, port=1, binary="b", preset="/r.ini", catalogue=OLD)
    for words in (argv(model(), server), router):
        assert " ".join(words).count("--timeout 9 --no-ui") == 1
    assert not {"timeout", "ui"} & set(section(model(), catalogue=OLD))


def test_the_router_carries_no_name_and_no_setting_of_a_model() -> None:
    spec = RouterSpec(models_max=0, autoload=False, host="0.0.0.0")
    words = router_argv(spec, SERVER, port=8080, binary="b", preset="/r.ini", catalogue=OLD)
    assert " ".join(words) == (
        "b --host 0.0.0.0 --port 8080 --metrics --log-colors off --models-preset /r.ini "
        "--models-max 0 --no-models-autoload"
    )


def test_no_secret_is_on_a_command_line() -> None:
    server = validate(ServerSpec, {"api_key": {"env": "KEY"}, "hf_token": {"file": "/t"}})
    assert argv(model(), server) == argv(model())


def test_a_section_says_switches_as_true_and_false() -> None:
    keys = section(model(**MANY), catalogue=OLD, log_file="/l.log")
    assert {"kv-offload": "false", "ignore-eos": "true", "no-host": "true"}.items() <= keys.items()
    assert (keys["model"], keys["alias"], keys["log-file"]) == ("/m.gguf", "x,y", "/l.log")


def test_our_own_policies_change_no_section() -> None:
    policies = {"load": "on-demand", "health": {"drain_timeout": "1m"}, "restart": {"policy": "never"}, "protect": True}
    assert section(model(**policies), catalogue=OLD) == section(model(), catalogue=OLD)


def test_a_section_stands_for_the_same_flags_as_a_command_line() -> None:
    own = len(argv(model())) - 2
    spec = model(**MANY | {"aliases": []})
    assert router_model_argv(spec, binary="b", catalogue=OLD)[1:] == argv(spec)[own:]


def test_sections_are_sorted_and_whole() -> None:
    text = preset({"b": {"model": "/b"}, "a": {"model": "/a"}})
    assert text == "[a]\nmodel = /a\n\n[b]\nmodel = /b\n"


# --- the real one ---


@contextmanager
def started(log: Path, argv: tuple[str, ...], port: int) -> Iterator[str]:
    """A real server, until it answers; fails with its log when it does not take what it was given."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={"PATH": os.environ["PATH"]}
        )
    try:
        for _ in range(2000):
            if process.poll() is not None:
                pytest.fail(f"it ended: {log.read_text()}")
            if answer(port, "/health"):
                break
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def answer(port: int, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        error.close()
    except (urllib.error.URLError, ConnectionError):
        pass
    return None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def build() -> tuple[str, Catalogue]:
    """A real llama-server that this CPU can run, with its flags."""
    found = builds.runnable()
    if found is None:
        pytest.skip("no llama-server for this CPU: make b11434")
    return str(found[1]), catalogue(found[0])


def test_the_real_server_takes_many_settings(tmp_path: Path, build: tuple[str, Catalogue]) -> None:
    binary, flags = build
    spec = model(**MANY, serve="dedicated").replaced(path=str(write_tiny_gguf(tmp_path / "t.gguf")))
    server, port = ServerSpec(threads_http=2, timeout=9, ui=False), free_port()
    words = dedicated_argv(spec, "coder", server, port=port, binary=binary, catalogue=flags)
    with started(tmp_path / "log", words, port):
        props = answer(port, "/props")
        assert props["default_generation_settings"]["n_ctx"] == 1024
        assert props["default_generation_settings"]["params"]["temperature"] == pytest.approx(0.5)


def test_the_real_router_takes_the_sections(tmp_path: Path, build: tuple[str, Catalogue]) -> None:
    binary, flags = build
    path = str(write_tiny_gguf(tmp_path / "t.gguf"))
    fleet = validate(FleetSpec,
        {
            "version": 1, "fleet": "f", "router": {"models_max": 0, "autoload": True}, "server": {"timeout": 9},
            "models": {"a b": {**MANY, "path": path}, "c": {"path": path}},
        }
    )  # fmt: skip
    sections = {name: section(one, catalogue=flags) for name, one in fleet.models.items()}
    (tmp_path / "router.ini").write_text(preset(sections))
    assert fleet.router is not None
    port = free_port()
    words = router_argv(
        fleet.router, fleet.server, port=port, binary=binary, preset=str(tmp_path / "router.ini"), catalogue=flags
    )
    with started(tmp_path / "log", words, port):
        assert {one["id"] for one in answer(port, "/models")["data"]} == {"a b", "c"}
        assert answer(port, "/models/load", {"model": "a b"}) == {"success": True}
        for _ in range(2000):
            states = {one["id"]: one["status"] for one in answer(port, "/models")["data"]}
            if states["a b"]["value"] != "loading":
                break
            time.sleep(0.01)
        assert states["a b"]["value"] == "loaded"
        assert {"--no-kv-offload", "--ignore-eos", "--no-host"} <= set(states["a b"]["args"])
