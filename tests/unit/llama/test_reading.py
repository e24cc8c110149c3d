from pathlib import Path
from typing import Any

import pytest

from reconciler.llama.argv import SECRETS, without_secrets
from reconciler.llama.catalogue import parse_help
from reconciler.llama.command import dedicated_argv
from reconciler.llama.reading import read_argv
from reconciler.spec.model import ModelSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import validate

HELP = Path(__file__).parents[3] / "tests/fixtures/llama-server/llama-server-b10434-help.txt"
CATALOGUE = parse_help(HELP.read_text(), build="b10434")


def test_what_we_render_is_read_back() -> None:
    model = validate(ModelSpec,
        {
            "path": "/m.gguf", "aliases": ["c"], "threads": -1,
            "memory": {"ctx_size": 4096, "kv_offload": False, "load_mode": "mlock"},
            "gpu": {"tensor_split": [3, 1], "fit": True, "layers": "all"},
            "lora": {"adapters": ["/a", "/b"]},
            "extra_args": {"--reuse-port": True, "--log-disable": True},
        }
    )  # fmt: skip
    server = ServerSpec(host="0.0.0.0", ui=False)
    read = read_argv(dedicated_argv(model, "n", server, port=8101, binary="b", catalogue=CATALOGUE), CATALOGUE)
    assert (read.model_path, read.host, read.port, read.aliases) == ("/m.gguf", "0.0.0.0", 8101, ("n", "c"))
    assert read.settings == {
        "threads": -1,
        "memory.ctx_size": 4096,
        "memory.kv_offload": False,
        "memory.load_mode": "mlock",
        "gpu.tensor_split": (3, 1),
        "gpu.fit": True,
        "gpu.layers": "all",
        "lora.adapters": ("/a", "/b"),
        "server.ui": False,
    }
    assert read.unknown == {"--reuse-port": True, "--log-disable": True}


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("-c 12", {"memory.ctx_size": 12}),
        ("-ngl 99 -fa on", {"gpu.layers": 99, "advanced.flash_attn": "on"}),
        ("--mlock", {"memory.load_mode": "mlock"}),
        ("--mmap", {"memory.load_mode": "mmap"}),
        ("--no-mmap", {"memory.load_mode": "none"}),
        ("--no-webui", {"server.ui": False}),
        ("-nkvo", {"memory.kv_offload": False}),
        ("--temp 0.5", {"sampling.temperature": 0.5}),
        ("-c 12 -c 13", {"memory.ctx_size": 13}),
        (
            "--override-kv a=int:1,b=int:2",
            {"advanced.override_kv": ("a=int:1", "b=int:2")},
        ),
        ("--cpu-strict 0 --poll-batch 1", {"advanced.cpu_strict": False, "advanced.poll_batch": True}),
        ("--samplers top_k;top_p", {"sampling.samplers": ("top_k", "top_p")}),
        ("--lora-scaled /a:0.5,/b:1", {"lora.scaled": {"/a": 0.5, "/b": 1}}),
        ('--chat-template-kwargs {"a":[1,true]}', {"chat_template_kwargs": {"a": [1, True]}}),
        ("--chat-template-kwargs {", {"chat_template_kwargs": "{"}),
        ("--port 80 -m /x -a y", {}),
    ],
)
def test_every_spelling_of_the_build_is_read(words: str, settings: dict[str, Any]) -> None:
    read = read_argv(["llama-server", *words.split()], CATALOGUE)
    assert (read.settings, read.unknown) == (settings, {})


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("--foo bar", {"--foo": "bar"}),
        ("--foo --bar", {"--foo": True, "--bar": True}),
        ("--foo", {"--foo": True}),
        ("--foo a --foo b", {"--foo": ("a", "b")}),
        ("--api-key-file /k", {"--api-key-file": "/k"}),
    ],
)
def test_flags_without_a_setting_are_kept(words: str, unknown: dict[str, Any]) -> None:
    assert read_argv(["llama-server", *words.split()], CATALOGUE).unknown == unknown


@pytest.mark.parametrize(
    "words", ["--api-key k", "-hft k", "--hf-token k", "--mcp-servers-json {}", "--foo http://u:p@h/x"]
)
def test_a_secret_is_neither_read_nor_shown(words: str) -> None:
    argv = ("llama-server", *words.split())
    assert read_argv(argv, CATALOGUE).unknown == {}
    assert without_secrets(argv) == (*argv[:-1], "…")


@pytest.mark.parametrize("build", ["b10434", "b11434"])
def test_every_spelling_of_a_flag_with_a_secret_is_known(build: str) -> None:
    text = (HELP.parent / f"llama-server-{build}-help.txt").read_text()
    entries = [one for one in parse_help(text, build=build).entries if SECRETS & {*one.aliases}]
    assert {alias for one in entries for alias in one.aliases} == SECRETS


def test_a_command_line_that_ends_too_early_is_read_as_far_as_it_goes() -> None:
    assert read_argv(["llama-server", "--port"], CATALOGUE).port is None
    assert read_argv([], CATALOGUE).settings == {}
