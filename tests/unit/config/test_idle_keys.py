"""Keys that this version does nothing with are told, once each and where they stand; they stop nothing."""
# ruff: noqa: E501 - files in one line

from pathlib import Path

import pytest

from reconciler.domain.diagnostic import Severity
from tests.unit.config.conftest import HEAD, Write, load, places, problems

ROUTER = "router: {models_max: 0}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("metrics: {interval: 2s}", [("W0301", 3, 1)], id="metrics"),
        pytest.param("metrics: {}", [("W0301", 3, 1)], id="empty section"),
        pytest.param("logging: {level: info, console: false}", [("W0301", 3, 11), ("W0301", 3, 24)], id="keys of logging"),
        pytest.param("logging:\n  database: true", [("W0301", 4, 3)], id="written with the default"),
        pytest.param("router: {restart: {policy: never}}", [("W0301", 3, 10)], id="restart of the router"),
        pytest.param(ROUTER + "models: {a: {path: x, restart: {window: 5m}}}", [("W0301", 4, 23)], id="restart of a model"),
        pytest.param(ROUTER + "defaults: {restart: {policy: never}}\nmodels: {a: {path: x}, b: {path: y}}", [("W0301", 4, 12)], id="default of many models"),
        pytest.param(ROUTER + "defaults: {restart: {policy: never}}\nmodels: {a: {path: x, restart: {window: 1m}}, b: {path: y}}", [("W0301", 5, 23), ("W0301", 4, 12)], id="default and model"),
    ],
)  # fmt: skip
def test_a_key_without_effect_is_a_warning_at_its_place(
    write: Write, text: str, expected: list[tuple[str, int, int]]
) -> None:
    found = load(write(HEAD + text)).diagnostics

    assert places(list(found)) == expected
    assert all(one.severity is Severity.WARNING and one.detail and one.hint and one.snippet for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "logging: {file: {max_size: 1MiB, max_files: 2}}",
        "metrics:\nlogging:",
        ROUTER + "models: {a: {path: x, health: {stop_grace: 1s}}}",
        ROUTER + "defaults: {restart: {policy: never}}\nmodels: {a: {path: x, restart: null}}",
    ],
)
def test_what_has_an_effect_or_is_not_said_is_no_warning(write: Write, text: str) -> None:
    assert load(write(HEAD + text)).diagnostics == ()


def test_a_fleet_from_the_cache_warns_as_well(write: Write) -> None:
    path = write(HEAD + "metrics: {}")
    cache = path.parent / "cache"

    assert load(path, cache=cache).diagnostics == load(path, cache=cache).diagnostics != ()


def test_beside_an_error_a_warning_stays_one_and_is_not_counted(write: Write) -> None:
    found = problems(write(HEAD + "metrics: {}\nlogging: {file: {max_files: -1}}\n"))

    assert [(one.code, one.severity) for one in found] == [("W0301", Severity.WARNING), ("E0202", Severity.ERROR)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("models: {a: {path: x, extra_args: {--verbose: }}}", [("W0403", 4, 36)], id="a model"),
        pytest.param("defaults: {extra_args: {--verbose: null}}\nmodels: {a: {path: x}}", [("W0403", 4, 25)], id="defaults"),
        pytest.param("defaults: {extra_args: {--verbose: true}}\nmodels: {a: {path: x, extra_args: {--verbose: null}}}", [], id="taken away"),
        pytest.param("models: {a: {path: x, extra_args: {--verbose: false}}}", [], id="said"),
    ],
)  # fmt: skip
def test_a_flag_that_says_nothing_is_told_each_time(
    write: Write, tmp_path: Path, text: str, expected: list[tuple[str, int, int]]
) -> None:
    path = write(HEAD + ROUTER + text)

    for _ in range(2):
        found = load(path, cache=tmp_path / "cache").diagnostics
        assert places(list(found)) == expected
        assert all(one.severity is Severity.WARNING for one in found)


@pytest.mark.parametrize("value", ["--ctx-size 4096", "[--ctx-size, 4096]", "'--api-key planted'"])
def test_flags_that_are_written_as_in_a_shell_are_shown_how(write: Write, value: str) -> None:
    (found,) = problems(write(HEAD + ROUTER + f"models: {{a: {{path: x, extra_args: {value}}}}}"))

    assert found.hint == "write a mapping: `{ --flag: value, --switch: true }`"
    assert "planted" not in f"{found.summary}{found.detail}{found.snippet}"
