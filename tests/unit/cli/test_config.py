"""`reconcile config`, and `--profile` and `--var` on the commands that read a fleet."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Ended

Run = Callable[..., Ended]

FLEET = """\
version: 1
fleet: ${name}
include: models/*.yaml
variables: {name: homelab, size: 4096}
server:
  api_key: {env: MY_API_KEY}
defaults: {serve: dedicated}
profiles:
  prod: {defaults: {memory: {ctx_size: 8192}}, models: {more: {path: /m.gguf, port: 23333}}}
"""
MODELS = """\
models:
  chat:
    path: /chat.gguf
    port: 23334
    memory:
      ctx_size: ${size}
  embed: {path: /e.gguf}
"""


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    """The fleet of the other tests, in place of it one of several files."""
    (folder / "models").mkdir()
    (folder / "fleet.yaml").write_text(FLEET)
    (folder / "models/all.yaml").write_text(MODELS)


@pytest.fixture
def config(run: Run) -> Run:
    """`reconcile config`, which has no store and asks no llama-server."""
    return lambda *args, **more: run("config", *args, catalogue=False, store=False, **more)


def test_the_effective_configuration_is_printed_as_yaml(config: Run) -> None:
    assert config("--profile", "prod", "chat", "--var", "size=16k").out == (
        "models:\n  chat:\n    path: /chat.gguf\n    port: 23334\n    memory:\n      ctx_size: 16k\n"
        "    serve: dedicated\n"
    )


def test_every_value_names_its_line_when_asked(config: Run) -> None:
    assert config("--origin", "--profile", "prod", "embed", "chat").out == (
        "models:\n"
        "  embed:\n"
        "    path: /e.gguf  # models/all.yaml:7\n"
        "    serve: dedicated  # fleet.yaml:7\n"
        "    memory:\n"
        "      ctx_size: 8192  # fleet.yaml:9\n"
        "  chat:\n"
        "    path: /chat.gguf  # models/all.yaml:3\n"
        "    port: 23334  # models/all.yaml:4\n"
        "    memory:\n"
        "      ctx_size: 4096  # models/all.yaml:6, size from fleet.yaml:4\n"
        "    serve: dedicated  # fleet.yaml:7\n"
    )


def test_a_variable_of_the_command_line_is_named_as_such(config: Run) -> None:
    shown = config("--origin", "chat", "--var", "size=3").out

    assert "ctx_size: 3  # models/all.yaml:6, size from --var\n" in shown


def test_programs_read_it_as_json(config: Run) -> None:
    document = json.loads(config("--format", "json").out)
    origin = json.loads(config("--format", "json", "--origin").out)

    assert (document["fleet"], document["server"]) == ("homelab", {"api_key": "(secret env:MY_API_KEY)"})
    assert origin["fleet"] == {
        "value": "homelab",
        "file": "fleet.yaml",
        "line": 2,
        "column": 8,
        "variables": {"name": "fleet.yaml:4:19"},
    }
    assert sorted(document) == ["fleet", "models", "server", "version"]


def test_a_model_that_is_not_there_is_wrong_usage(config: Run) -> None:
    ended = config("chatt", exits=64)

    assert "there is no model `chatt`" in ended.err
    assert "known: `chat`, `embed`" in ended.err


def test_problems_are_told_as_by_validate(config: Run) -> None:
    ended = config("--var", "siz=3", exits=1)

    assert ended.out == ""
    assert "  fleet.yaml  --var siz  [E0613]\n" in ended.err


@pytest.mark.parametrize("command", ["config", "validate", "render", "plan", "doctor"])
@pytest.mark.parametrize("output", ["human", "json"])
def test_a_secret_of_the_environment_comes_out_nowhere(run: Run, folder: Path, command: str, output: str) -> None:
    if command != "doctor":
        (folder / "fleet.yaml").write_text(FLEET + "x-fine: '${env:MY_API_KEY}'\n")
    more = ["--offline"] if command == "plan" else ["--origin"] if command == "config" else []
    asks = command != "config"
    ended = run(command, "--format", output, *more, catalogue=asks, store=asks, exits=None, MY_API_KEY="sk-planted")
    assert "sk-planted" not in ended.out + ended.err
    assert ended.code == 0 or command == "doctor"

    (folder / "fleet.yaml").write_text(FLEET + "llama_server: '/opt/${env:MY_API_KEY}'\nrouter: ${env:MY_API_KEY}\n")
    ended = run(command, "--format", output, *more, catalogue=asks, store=asks, exits=1, MY_API_KEY="sk-planted")
    assert "sk-planted" not in ended.out + ended.err


def test_profiles_and_variables_go_into_command_lines(run: Run) -> None:
    shown = json.loads(run("render", "--format", "json", "--profile", "prod", "--var", "size=16k").out)

    argv = {name: model["argv"] for name, model in shown["models"].items()}
    assert sorted(argv) == ["chat", "embed", "more"]
    assert argv["chat"][argv["chat"].index("--ctx-size") + 1] == "16384"
    assert argv["more"][argv["more"].index("--ctx-size") + 1] == "8192"


def test_validate_names_profiles_when_it_is_to_say_more(run: Run) -> None:
    ended = run("validate", "-v", "--profile", "prod")

    assert "3 models" in ended.out
    assert "profiles: prod\n" in ended.err
    assert "models/all.yaml" in ended.err


def test_a_check_against_a_build_is_made_again_for_another_profile(run: Run, folder: Path) -> None:
    (folder / "fleet.yaml").write_text(FLEET + "  gone: {defaults: {extra_args: {--no-such-flag: 1}}}\n")

    run("validate")
    assert "[E0403]" in run("validate", "--profile", "gone", exits=1).err


@pytest.mark.parametrize("value", ["size", "=3", ""])
def test_a_variable_without_a_value_is_wrong_usage(run: Run, value: str) -> None:
    assert "expected `NAME=VALUE`" in run("validate", "--var", value, exits=64).err


def test_a_saved_plan_takes_no_profile(run: Run, folder: Path) -> None:
    ended = run("apply", str(folder / "saved"), "--profile", "prod", exits=64)

    assert "a saved plan has its targets, limits, profiles and variables" in ended.err


def test_the_name_of_a_fleet_may_come_from_a_variable_wherever_its_store_is_looked_for(
    config: Run, run: Run, folder: Path
) -> None:
    assert "fleet: other\n" in config("--var", "name=other").out
    ended = run(
        "status", "--var", "name=other", catalogue=False, store=False, exits=0, XDG_STATE_HOME=str(folder / "state")
    )

    assert "nothing was applied to this store yet" in ended.err
