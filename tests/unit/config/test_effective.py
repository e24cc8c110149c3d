"""The effective configuration: one document that means the same, each value with the line that set it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api import load as api_load
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.domain.diagnostic import Position
from reconciler.domain.said import Said, Tree
from reconciler.errors import ConfigError
from reconciler.render.configuration import configuration_json, configuration_text
from reconciler.render.layout import text
from tests.unit.config.conftest import HEAD, Write

FLEET = (
    HEAD
    + """\
required_version: ">=0.1"
x-free: &common {ctx_size: 32k}
variables: {size: 8b, port: 8123}
include: [models/*.yaml]
llama_server: bin/llama-server
server: {threads: 8, host: 127.0.0.1, ports: 8100-8199, memory: {batch_size: 64}, timeout: 30}
router:
  port: ${port}
  models_max: 0
safety: {allow_empty: true}
defaults:
  memory: *common
  gpu: {device: [CUDA0, "on"]}
  extra_args: {--one: 1, --gone: x}
profiles:
  prod: {models: {chat: {memory: {ctx_size: 64k}, aliases: [talk, "a: b"]}}}
"""
)
MODELS = """\
models:
  chat:
    chat_template: "say $${this}, \\"that\\"\\tand é\\u2028"
    memory: {keep: 3}
    threads: null
    path: chat-${size}.gguf
    chat_template_kwargs: {deep: {list: [1, {a: null}], text: "1e3"}}
  "odd: #1":
    path: "0x10"
    serve: dedicated
    env: {A: "no", B: "1e3", C: "", D: "~", E: " x "}
    extra_args: {--gone: null, --two: [1, 2.5, true, "x"], --three: true}
    lora: {scaled: {poet.gguf: 0.5}}
"""


@pytest.fixture
def path(write: Write) -> Path:
    write(MODELS, "models/all.yaml")
    return write(FLEET)


def shown(fleet: LoadedFleet, *, origin: bool = False) -> str:
    return text(configuration_text(fleet.configuration(), origin=origin))


@pytest.mark.parametrize("profiles", [(), ("prod",)])
@pytest.mark.parametrize("origin", [True, False])
def test_what_is_shown_means_the_same_when_it_is_read_again(
    path: Path, write: Write, profiles: tuple[str, ...], *, origin: bool
) -> None:
    fleet = load_fleet([path], profiles=profiles)

    again = load_fleet([write(shown(fleet, origin=origin), "shown.yaml")])

    assert again.spec == fleet.spec
    assert shown(again) == shown(fleet)


def test_its_json_means_the_same_too(path: Path, write: Write) -> None:
    fleet = load_fleet([path], profiles=["prod"])
    document = configuration_json(fleet.configuration(), origin=False)

    again = load_fleet([write(json.dumps(document), "shown.yaml")])

    assert again.spec == fleet.spec


def test_every_line_ends_with_the_place_that_set_its_value(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("models:\n  a:\n    path: /a.gguf\n    memory: {keep: 3}\n", "models/a.yaml")
    text = HEAD + "variables: {t: 2}\ninclude: models\nserver:\n  api_key: {env: MY_KEY}\n  threads: 8\n"
    text += "router: {models_max: 0}\ndefaults: {memory: {ctx_size: 32k}}\n"
    fleet = write(text + "profiles:\n  p:\n    models:\n      a:\n        parallel: ${t}\n")
    monkeypatch.chdir(fleet.parent)

    assert shown(load_fleet([Path("fleet.yaml")], profiles=["p"]), origin=True) == (
        "version: 1  # fleet.yaml:1\n"
        "fleet: test  # fleet.yaml:2\n"
        "server:\n"
        '  api_key: "(secret env:MY_KEY)"  # fleet.yaml:6\n'
        "router:\n"
        "  models_max: 0  # fleet.yaml:8\n"
        "models:\n"
        "  a:\n"
        "    path: /a.gguf  # models/a.yaml:3\n"
        "    memory:\n"
        "      ctx_size: 32k  # fleet.yaml:9\n"
        "      keep: 3  # models/a.yaml:4\n"
        "    parallel: 2  # fleet.yaml:14, t from fleet.yaml:3\n"
        "    threads: 8  # fleet.yaml:7\n"
    )


def test_in_json_a_value_and_its_place_are_one_object() -> None:
    tree: Tree = {"a": {"b": Said(value=[1], position=Position(file="f.yaml", line=2, column=3))}, "c": Said(value=1)}

    assert configuration_json(tree, origin=True) == {
        "a": {"b": {"value": [1], "file": "f.yaml", "line": 2, "column": 3}},
        "c": {"value": 1},
    }


def test_a_secret_is_shown_as_its_reference(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "planted")
    path = write(HEAD + "server: {api_key: {env: MY_KEY}, hf_token: {file: token}}\n")

    fleet = load_fleet([path])

    assert 'api_key: "(secret env:MY_KEY)"\n' in shown(fleet)
    assert f'hf_token: "(secret file:{path.parent}/token)"\n' in shown(fleet)
    assert "planted" not in shown(fleet) + repr(configuration_json(fleet.configuration(), origin=True))


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
"""All but those that no text of a configuration may have."""

TEXTS = st.text(CHARACTERS) | st.sampled_from(
    ["~", "Null", "0o17", "1e3", "1_000", "2001-01-01", "12:30", "=", "<<", "- a", "a #b"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(key=TEXTS, value=VALUES)
def test_any_value_is_written_so_that_it_is_read_again(key: str, value: object) -> None:
    written = text(configuration_text({"top": {key: Said(value=value)}}, origin=True))

    root, problems = parse(Text("f", "/", written))

    assert problems == ()
    assert root is not None
    assert unescaped(root.value) == {"top": {key: value}}


def unescaped(value: object) -> object:
    """What reading a whole configuration makes of `$${` in values."""
    if isinstance(value, dict):
        return {key: unescaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unescaped(inner) for inner in value]
    return value.replace("$${", "${") if isinstance(value, str) else value


@pytest.mark.parametrize("warm", [False, True])
def test_places_are_those_of_the_moment_when_it_was_loaded(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, warm: bool
) -> None:
    monkeypatch.setenv("PLANTED", "/a.gguf")
    path = write(HEAD + "router: {port: 29001}\ninclude: [m/*.yaml]\n")
    gone = write("models:\n  a:\n    path: ${env:PLANTED}\n", "m/a.yaml")
    for _ in range(1 + warm):
        fleet = api_load(str(path), cache=tmp_path / "cache")
    monkeypatch.delenv("PLANTED")
    write("models: {b: {path: /b.gguf}}\n", "m/b.yaml")
    gone.unlink()
    path.write_text("")

    models = configuration_json(fleet.configuration(), origin=False)["models"]
    assert models == {"a": {"path": "/a.gguf"}}
    assert fleet.locate("models.a.path") == Position(file=str(gone), line=3, column=11, length=14)


@pytest.mark.parametrize(
    ("paths", "more"),
    [([], {}), ("a\0b", {}), ([3], {}), ("f", {"profiles": "prod"}), ("f", {"variables": {"p": None}})],
)
def test_arguments_that_are_none_are_refused_in_our_words(paths: Any, more: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        api_load(paths, **more)

    assert caught.value.hint
