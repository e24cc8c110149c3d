"""What an editor shows of a fleet file: the real language server, and the schema that the examples name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.spec.registry import all_settings
from tests.support import language_server
from tests.support.language_server import ROOT, LanguageServer

pytestmark = pytest.mark.node
FILE = ROOT / "examples/quickstart/unsaved.yaml"
HEAD = "# yaml-language-server: $schema=../../schemas/fleet.schema.json\nversion: 1\nfleet: f\n"
HEAD_LINES = HEAD.count("\n")


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    if reason := language_server.missing():
        pytest.skip(reason)
    running = LanguageServer()
    yield running
    running.close()


def shown(server: LanguageServer, text: str) -> tuple[Path, int, int]:
    """Opens a file of its own, and finds the `@` that marks a place in it."""
    file = FILE.with_stem(f"unsaved-{abs(hash(text))}")
    server.open(file, HEAD + text.replace("@", ""))
    before = text.partition("@")[0]
    return file, HEAD_LINES + before.count("\n"), len(before.rpartition("\n")[2])


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("@", {"models", "router", "defaults", "server", "llama_server"}),
        ("models:\n  a:\n    @", {"path", "serve", "memory", "sampling", "gpu", "threads", "extra_args"}),
        ("models:\n  a:\n    path: x\n    memory:\n      @", {"ctx_size", "cache_type_k", "load_mode", "cache_ram"}),
        ("defaults:\n  sampling:\n    @", {"temperature", "top_k"}),
        ("server:\n  @", {"host", "ports", "api_key", "timeout", "threads", "memory"}),
        ("router:\n  @", {"port", "models_max", "autoload"}),
        ("models:\n  a:\n    serve: @", {"router", "dedicated"}),
        ("models:\n  a:\n    memory:\n      load_mode: @", {"auto", "mmap", "mlock", "dio"}),
        ("models:\n  a:\n    gpu:\n      layers: @", {"auto", "all"}),
        ("models:\n  a:\n    restart:\n      policy: @", {"always", "on-failure", "never"}),
    ],
)
def test_keys_and_words_are_offered(server: LanguageServer, text: str, offered: set[str]) -> None:
    assert offered <= server.completion(*shown(server, text)).keys()


def test_a_key_is_offered_with_what_it_does(server: LanguageServer) -> None:
    found = server.completion(*shown(server, "models:\n  a:\n    memory:\n      @"))["ctx_size"]

    assert str(found["documentation"]).startswith(all_settings()["memory.ctx_size"].info.help)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models:\n  a:\n    memory:\n      ctx_@size: 4096\n", ["Size of the context", "unit: tokens", "32k"]),
        ("models:\n  a:\n    memory:\n      load_@mode: mlock\n", ["--load-mode", "`mmap`", "default: auto"]),
        ("models:\n  a:\n    gpu:\n      tensor_@split: [3, 1]\n", ["Share of the model for each GPU"]),
        ("models:\n  a:\n    ser@ve: router\n", ["Child of the router", "`dedicated`"]),
        ("models:\n  a:\n    sam@pling:\n      top_k: 1\n", ["How the next token is chosen"]),
        ("rou@ter:\n  port: 8080\n", ["One process that loads and serves several models"]),
        ("server:\n  time@out: 10m\n", ["Time after which a silent connection is closed", "unit: s"]),
    ],
)
def test_the_help_of_a_key_is_shown(server: LanguageServer, text: str, words: list[str]) -> None:
    found = server.hover(*shown(server, text)).replace("\\", "")

    assert [word for word in words if word not in found] == []


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ("modles: {}\n", "modles", "modles is not allowed"),
        ("models:\n  a:\n    path: x\n    memory:\n      ctx_sise: 1\n", "ctx_sise", "ctx_sise is not allowed"),
        ("models:\n  a:\n    path: x\n    memory:\n      ctx_size: many\n", "many", "such as 32k"),
        ("models:\n  a:\n    path: x\n    memory:\n      load_mode: mlok\n", "mlok", "mmap+mlock"),
        ("models:\n  a:\n    path: x\n    port: 99999\n", "99999", "65535"),
        ("models:\n  a:\n    path: x\n    enabled: on\n", "on", "`true` or `false`"),
        ("models:\n  a:\n    serve: router\n", "a", "path"),
    ],
)
def test_a_mistake_is_underlined_where_it_stands(server: LanguageServer, text: str, marked: str, words: str) -> None:
    file, _, _ = shown(server, text)

    (found,) = server.complaints(file)

    start, end = found["range"]["start"], found["range"]["end"]
    line = (HEAD + text).splitlines()[start["line"]]
    assert line[start["character"] : end["character"]] == marked
    assert words in found["message"]


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*/*.yaml")), ids=lambda file: file.parent.name)
def test_an_example_names_its_schema_and_is_without_complaint(server: LanguageServer, example: Path) -> None:
    text = example.read_text()
    server.open(example, text)

    assert server.complaints(example) == []
    assert "of this language" in text.splitlines()[1]
    assert "rises only for incompatible changes" in server.hover(example, 1, 1)


def test_values_by_habit_are_without_complaint(server: LanguageServer) -> None:
    text = (
        "models:\n  a:\n    path: x\n    memory: {ctx_size: 32k, cache_ram: 8GiB, sleep_idle_seconds: 10m}\n"
        "    gpu: {layers: all, tensor_split: [3, 1]}\n    advanced: {flash_attn: on}\n"
        "server: {timeout: 10m, api_key: {env: KEY}, ports: 8100-8199}\nlogging: {file: {max_size: 10MiB}}\n"
    )
    file, _, _ = shown(server, text)

    assert server.complaints(file) == []
