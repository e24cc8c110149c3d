from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.codes import CODES
from reconciler.domain.diagnostic import Diagnostic
from reconciler.llama.catalogue import Catalogue, parse_help
from reconciler.llama.check import check_flags
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.validating import validate

FIXTURES = Path(__file__).parents[3] / "tests/fixtures/llama-server"


def catalogue(build: str) -> Catalogue:
    return parse_help((FIXTURES / f"llama-server-{build}-help.txt").read_text(), build=build)


OLD, NEW = catalogue("b10434"), catalogue("b11434")


def problems(model: dict[str, Any], build: Catalogue = OLD, **fleet: Any) -> tuple[Diagnostic, ...]:
    spec = {"version": 1, "fleet": "f", "models": {"a": {"path": "/m.gguf", "serve": "dedicated", **model}}, **fleet}
    return check_flags(validate(FleetSpec, spec), build)


@pytest.mark.parametrize(
    ("model", "code", "path", "hint"),
    [
        ({"extra_args": {"--ctx-sise": 1}}, "E0403", "models.a.extra_args.--ctx-sise", "did you mean `--ctx-size`?"),
        ({"extra_args": {"--draft-max": 1}}, "E0403", "models.a.extra_args.--draft-max", "write `--spec-draft-n-max`"),
        ({"extra_args": {"-m": "/x"}}, "E0404", "models.a.extra_args.-m", "remove `-m`"),
        ({"extra_args": {"--port": 1}}, "E0404", "models.a.extra_args.--port", "remove `--port`"),
        ({"extra_args": {"--models-dir": "/x"}}, "E0404", "models.a.extra_args.--models-dir", "remove"),
        ({"extra_args": {"--api-key": "k"}}, "E0405", "models.a.extra_args.--api-key", "api_key: { env: NAME }"),
        ({"extra_args": {"-hft": "k"}}, "E0405", "models.a.extra_args.-hft", "hf_token"),
        (
            {"extra_args": {"--control-vector-layer-range": True}},
            "E0408",
            "models.a.extra_args.--control-vector-layer-range",
            "--control-vector-layer-range: VALUE",
        ),
        ({"extra_args": {"--verbose": "x"}}, "E0408", "models.a.extra_args.--verbose", "--verbose: true"),
        (
            {"extra_args": {"--ssl-key-file": "/k"}},
            "E0404",
            "models.a.extra_args.--ssl-key-file",
            "server.ssl_key_file",
        ),
        ({"extra_args": {"--models-later": 1}}, "E0404", "models.a.extra_args.--models-later", "remove"),
        ({"extra_args": {"--usage": True}}, "E0404", "models.a.extra_args.--usage", "remove"),
        ({"extra_args": {"--log-disable": True}}, "E0404", "models.a.extra_args.--log-disable", "remove"),
        (
            {"extra_args": {"--mcp-servers-json": "{}"}},
            "E0405",
            "models.a.extra_args.--mcp-servers-json",
            "mcp_servers_config",
        ),
        ({"extra_args": {"--host": "h"}}, "E0404", "models.a.extra_args.--host", "remove `--host`"),
        ({"extra_args": {"-hf": "o/r"}}, "E0404", "models.a.extra_args.-hf", "write `hf`"),
        ({"extra_args": {"--hf-file": "x"}}, "E0404", "models.a.extra_args.--hf-file", "write `hf_file`"),
        ({"extra_args": {"--model-url": "x"}}, "E0404", "models.a.extra_args.--model-url", "write `url`"),
        ({"extra_args": {"--docker-repo": "x"}}, "E0404", "models.a.extra_args.--docker-repo", "write `docker`"),
        ({"extra_args": {"--models-max": 1}}, "E0404", "models.a.extra_args.--models-max", "write `router.models_max`"),
        (
            {"extra_args": {"--no-models-autoload": True}},
            "E0404",
            "models.a.extra_args.--no-models-autoload",
            "write `router.autoload`",
        ),
        ({"extra_args": {"--mmproj-url": "http://u:p@h/x"}}, "E0405", "models.a.extra_args.--mmproj-url", "without it"),
        (
            {"extra_args": {"--rpc": ["x", "http://h/x?token=1"]}},
            "E0405",
            "models.a.extra_args.--rpc",
            "without it",
        ),
        ({"memory": {"ctx_size": 2}, "extra_args": {"-c": 1}}, "E0406", "models.a.extra_args.-c", "`memory.ctx_size`"),
        (
            {"memory": {"load_mode": "mmap"}, "extra_args": {"--mlock": True}},
            "E0406",
            "models.a.extra_args.--mlock",
            "`memory.load_mode`",
        ),
        ({"extra_args": {"-c": 1}}, "W0402", "models.a.extra_args.-c", "write `memory.ctx_size`"),
        ({"aliases": ["x,y"]}, "E0409", "models.a.aliases.0", "without a comma"),
        ({"serve": "router", "path": "/a#b"}, "E0407", "models.a.path", "serve: dedicated"),
        ({"serve": "router", "path": "/a;b"}, "E0407", "models.a.path", "serve: dedicated"),
        ({"serve": "router", "chat_template": "a\nb"}, "E0407", "models.a.chat_template", "`chat_template_file`, or"),
        ({"serve": "router", "sampling": {"grammar": "a;b"}}, "E0407", "models.a.sampling.grammar", "`grammar_file`"),
        (
            {"serve": "router", "sampling": {"samplers": ["top_k", "top_p"]}},
            "E0407",
            "models.a.sampling.samplers",
            "`sampler_seq`, which has a letter for each sampler, or write `serve: dedicated`",
        ),
        ({"serve": "router", "chat_template": " a"}, "E0407", "models.a.chat_template", "serve: dedicated"),
        (
            {"serve": "router", "extra_args": {"--control-vector-layer-range": ["1", "2"]}},
            "E0407",
            "models.a.extra_args.--control-vector-layer-range",
            "keep one value",
        ),
    ],
)
def test_what_the_build_cannot_take_is_found(model: dict[str, Any], code: str, path: str, hint: str) -> None:
    (found,) = problems(model)
    assert (found.code, found.path) == (code, path)
    assert hint in found.hint


@pytest.mark.parametrize(
    ("name", "served"),
    [("qwen3:8b", "qwen3:8B"), ("org/repo:q4_k_m", "org/repo:Q4_K_M"), ("a:b:c", "a:b:C"), ("x:größe", "x:GRößE")],
)
def test_a_name_that_the_router_would_change_is_found(name: str, served: str) -> None:
    def of(serve: str, name: str) -> tuple[Diagnostic, ...]:
        return problems({}, models={name: {"path": "/m.gguf", "serve": serve, "aliases": ["other:b"]}})

    (found,) = of("router", name)
    assert (found.code, found.path) == ("E0410", f"models.{name}")
    assert f"as `{served}`" in found.summary
    assert f"aliases: [{name}]" in found.hint
    assert not of("dedicated", name)
    assert not of("router", served)


def test_the_same_flag_under_two_spellings_is_found() -> None:
    found = problems({"extra_args": {"--spec-default": True, "--verbose": True, "--log-verbose": True}})
    assert [one.code for one in found] == ["E0406"]


def test_a_flag_of_a_setting_that_is_written_is_given_twice_only_where_both_reach_the_command_line() -> None:
    again: dict[str, Any] = {"extra_args": {"--timeout": 2}}
    (found,) = problems(again, server={"timeout": 3})
    assert (found.code, found.detail) == ("E0406", "`server.timeout` says it too")
    assert [one.code for one in problems({**again, "serve": "router"}, server={"timeout": 3})] == ["W0402"]
    assert [one.code for one in problems({"memory": {"ctx_size": 2}, "extra_args": {"-c": None}})] == ["W0402"]


@pytest.mark.parametrize(
    "extra_args", [{"--mmproj-url": "http://u:canary@h/x;y"}, {"-hft": "canary#"}, {"--mcp-servers-json": "canary;"}]
)
def test_no_problem_shows_a_secret(extra_args: dict[str, Any]) -> None:
    found = problems({"serve": "router", "extra_args": extra_args})
    assert "E0405" in {one.code for one in found}
    assert "canary" not in repr(found)


@pytest.mark.parametrize("value", ["a;b", ["a", "b"], "http://u:p@h/x"])
def test_a_flag_with_signs_that_no_terminal_shows_is_named_without_them(value: Any) -> None:
    found = problems({"serve": "router", "extra_args": {"\ufeff--no-\x07such": value}})
    assert {one.code for one in found} & {"E0403", "E0405"}
    assert all(one.summary.isprintable() and "\\ufeff--no-\\x07such" in one.summary for one in found)


def test_a_list_that_the_build_joins_by_commas_fits_into_a_section() -> None:
    assert not problems({"serve": "router", "lora": {"adapters": ["/a", "/b"]}})


def test_a_removed_setting_names_the_build() -> None:
    gone = Catalogue(build="b1", entries=tuple(one for one in OLD.entries if one.flag != "--threads"))
    (found,) = problems({"threads": 2}, gone)
    assert (found.code, found.path) == ("E0401", "models.a.threads")
    assert "b1" in found.summary


@pytest.mark.parametrize("mode", ["none", "mmap", "mlock", "mmap+mlock", "dio"])
def test_the_newest_spelling_of_a_value_is_no_problem_on_either_build(mode: str) -> None:
    for build in (OLD, NEW):
        assert not problems({"memory": {"load_mode": mode}}, build)


def test_a_value_that_only_a_newer_build_can_say_is_found() -> None:
    old = Catalogue(build="b1", entries=tuple(one for one in OLD.entries if one.flag != "--load-mode"))
    (found,) = (one for one in problems({"memory": {"load_mode": "auto"}}, old) if one.code == "E0402")
    assert "mlock" in found.hint
    assert [one.code for one in problems({"memory": {"load_mode": "mlock"}}, old)] == ["W0401"]


def test_settings_of_server_and_router_are_looked_at() -> None:
    gone = {"--timeout", "--models-max"}
    old = Catalogue(build="b1", entries=tuple(one for one in OLD.entries if not gone & set(one.aliases)))
    found = problems({}, old, server={"timeout": 3}, router={"models_max": 2})
    assert [one.path for one in found] == ["server.timeout", "router.models_max"]


def test_every_code_has_a_title() -> None:
    assert {f"E040{number}" for number in range(1, 10)} | {"W0401", "W0402"} <= set(CODES)
