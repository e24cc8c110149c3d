"""YAML as text: what it means, and what is refused before it means anything."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.domain.diagnostic import MOST_PROBLEMS
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, load, places, problems

LOADERS = [pytest.param(yaml.SafeLoader, id="python"), pytest.param(yaml.CSafeLoader, id="libyaml")]


def value(text: str, loader: Any = None) -> Any:
    root, found = parse(Text("fleet.yaml", "/", text), loader=loader)
    assert not found
    assert root is not None
    return root.value


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"), ("no", "no"), ("Yes", "Yes"), ("true", True), ("FALSE", False), ("~", None), ("", None),
        ("12", 12), ("-3", -3), ("0x1f", 31), ("0o17", 15), ("017", 17), ("1_000", "1_000"), ("1:30", "1:30"),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("-.inf", -math.inf), ("2024-01-31", "2024-01-31"),
        ("'12'", "12"), ('"a\\tb"', "a\tb"), ("!!str 12", "12"), ("!!float 3", 3.0), ("! 12", "12"), ("+", "+"),
    ],
)  # fmt: skip
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, expected: Any, loader: Any) -> None:
    found = value(f"key: {text}", loader)["key"]

    assert (found, type(found)) == (expected, type(expected))


def test_nan_is_a_number() -> None:
    assert math.isnan(value("a: .nan")["a"])


@pytest.mark.parametrize("loader", LOADERS)
def test_anchors_and_merge_keys_work_and_explicit_keys_win(loader: Any) -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\nw:\n  a: 7\n  <<: *x\n"

    found = value(text, loader)

    assert found["z"] == {"a": 9, "b": 2, "c": 4}
    assert found["w"] == {"a": 7, "b": 2}


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("version: 1\nfleet: [a\n", [("E0101", 3, 1)], id="bracket left open"),
        pytest.param("version: 1\n\tfleet: a\n", [("E0101", 2, 1)], id="tab"),
        pytest.param("version: 1\nfleet: a: b\n", [("E0101", 2, 9)], id="colon in a text"),
        pytest.param("", [("E0102", 0, 0)], id="empty"),
        pytest.param("# nothing\n", [("E0102", 0, 0)], id="comment alone"),
        pytest.param("---\n", [("E0102", 0, 0)], id="document without content"),
        pytest.param("version: 1\nfleet: a\nfleet: b\n", [("E0103", 3, 1)], id="duplicate key"),
        pytest.param("version: 1\nfleet: !!python/name:os.system a\n", [("E0104", 2, 8)], id="python tag"),
        pytest.param("version: 1\nfleet: !secret a\n", [("E0104", 2, 8)], id="custom tag"),
        pytest.param("version: 1\nfleet: *a\n", [("E0105", 2, 8)], id="unknown alias"),
        pytest.param("version: 1\nx-a: &a [*a]\n", [("E0105", 2, 10)], id="alias of itself"),
        pytest.param(bomb(9), [("E0105", 6, 15)], id="billion laughs"),
        pytest.param("version: 1\nfleet: a\nmodels: {8: {}}\n", [("E0106", 3, 10)], id="number as key"),
        pytest.param("version: 1\nfleet: a\n? [a]\n: b\n", [("E0106", 3, 3)], id="list as key"),
        pytest.param("version: 1\nfleet: a\n---\nb: 1\n", [("E0107", 3, 1)], id="two documents"),
        pytest.param("x-a: " + "[" * 60 + "]" * 60, [("E0108", 1, 55)], id="nested deeply"),
        pytest.param("x-a: " + "{a: " * 100_000, [("E0108", 1, 202)], id="nested very deeply"),
        pytest.param(b"version: 1\nfleet: \xff\n", [("E0109", 2, 8)], id="latin-1"),
        pytest.param("version: 1".encode("utf-16"), [("E0109", 1, 1)], id="utf-16"),
        pytest.param("version: 1\nfleet: a\0b\n", [("E0110", 2, 9)], id="NUL"),
        pytest.param("version: 1\nfleet: \x1b[31m\n", [("E0110", 2, 8)], id="control character"),
        pytest.param('version: 1\nfleet: "a\\0"\n', [("E0110", 2, 8)], id="NUL as escape"),
        pytest.param(f"version: {'9' * 200}\nfleet: a\n", [("E0114", 1, 10)], id="long number"),
        pytest.param("version: !!int x\nfleet: a\n", [("E0114", 1, 10)], id="tag that does not fit"),
        pytest.param("version: 1\nfleet: a\nserver: {<<: 3}\n", [("E0115", 3, 14)], id="merge of a number"),
        pytest.param("- a\n", [("E0116", 1, 1)], id="list at the top"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_at_its_place(write: Write, text: str | bytes, expected: list[Any]) -> None:
    assert expected == sorted(places(problems(write(text))))


def test_the_second_of_two_equal_keys_shows_where_the_first_is(write: Write) -> None:
    path = write("version: 1\nfleet: a\nfleet: b\n")

    (found,) = problems(path)

    assert found.detail == f"the other one is at {path}:2:1"
    assert found.snippet == "fleet: b"


def test_a_file_that_is_too_large_is_not_parsed(write: Write) -> None:
    (found,) = problems(write(b"#" * (10 * 1024 * 1024 + 1)))

    assert found.code == "E0111"


@pytest.mark.parametrize("name", ["absent.yaml", "loop.yaml", "empty", "device"])
def test_what_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "empty").mkdir()
    (tmp_path / "device").symlink_to("/dev/zero")

    (found,) = problems(tmp_path / name)

    assert found.code == ("E0113" if name == "empty" else "E0112")
    assert found.position is not None
    assert found.position.file == str(tmp_path / name)


def test_problems_of_all_files_come_at_once(write: Write) -> None:
    paths = [write("", "fleet/a.yaml"), write(b"\xff", "fleet/b.yml"), write("a: [", "fleet/c.yaml")]

    found = problems(paths[0].parent)

    assert [(one.code, one.position.file) for one in found if one.position] == [
        ("E0102", str(paths[0])), ("E0109", str(paths[1])), ("E0101", str(paths[2])),
    ]  # fmt: skip


def test_a_byte_order_mark_is_no_part_of_the_text(write: Write) -> None:
    (found,) = problems(write(b"\xef\xbb\xbfversion: 1\n"))

    assert found.code == "E0205"


def test_of_very_many_problems_the_first_ones_are_listed(write: Write) -> None:
    with pytest.raises(ConfigError, match="more than 200 problems") as caught:
        load(write("a: 1\n" * 5000))

    assert len(caught.value.diagnostics) == MOST_PROBLEMS


def test_a_key_that_is_too_long_is_told(write: Write) -> None:
    assert places(problems(write(f"{HEAD}? {'k' * 1025}\n: 1\n"))) == [("E0111", 3, 3)]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("token: planted", False),
        ("db_passwd: planted", False),
        ('"ACCESS_KEY" : planted', False),
        ("credentials: planted", False),
        ("DB_PASS: planted", False),
        ("token_file: planted", False),
        ("[--api-key, planted]", False),
        ("-hft planted", False),
        ("n_tokens: 3", True),
        ("a-b-token", True),
        ("tokenizer: a", True),
    ],
)
def test_a_line_that_may_hold_a_secret_is_not_shown(line: str, shown: bool) -> None:  # noqa: FBT001 - a case of the table
    assert Text("fleet.yaml", "", line).snippet(1) == (line if shown else "")


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_a_line_end_that_no_editor_shows_hides_no_key(write: Write, end: str) -> None:
    hidden = HEAD + f'x-a: "a{end}b" # note{end}server: {{host: 0.0.0.0}}\nmodels: {{}}\n'
    quoted = HEAD + f"router: {{port: 80}}\nx-a: \"a{end}b\"\nx-b: 'a{end}b'\nmodels: {{a: {{path: /x}}}}\n"

    found = problems(write(hidden))

    assert [(one.code, one.position and one.position.line) for one in found] == [("E0110", 4)]
    assert list(load(write(quoted)).spec.models) == ["a"]
