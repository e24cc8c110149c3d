"""Rules over several keys, each at the place that a reader has to change."""
# ruff: noqa: E501 - one case a line reads as a table

from typing import Any

import pytest

from reconciler.config.version import check_required
from tests.unit.config.conftest import HEAD, Write, load, places, problems

ROUTER = "router: {models_max: 0}\n"


@pytest.mark.invariant("I18")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(ROUTER + "models: {a: {path: x, aliases: [a]}}", [("E0303", 4, 33)], id="alias of itself"),
        pytest.param(ROUTER + "models:\n  a: {path: x, aliases: [b]}\n  b: {path: x}", [("E0303", 5, 26)], id="alias is a name"),
        pytest.param(ROUTER + "models:\n  a: {path: x, aliases: [c]}\n  b: {path: x, aliases: [c]}", [("E0303", 6, 26)], id="alias is taken"),
        pytest.param(ROUTER + "models: {a: {path: x, aliases: [c, c]}}", [("E0303", 4, 36)], id="alias twice"),
        pytest.param("models:\n  a: {path: x, serve: dedicated, port: 9}\n  b: {path: x, serve: dedicated, port: 9}", [("E0304", 5, 40)], id="port twice"),
        pytest.param("router: {port: 9}\nmodels: {a: {path: x, serve: dedicated, port: 9}}", [("E0304", 4, 47)], id="port of the router"),
        pytest.param("models: {a: {path: x}}", [("E0305", 3, 10)], id="no router"),
        pytest.param("router: {enabled: false}\nmodels: {a: {path: x, serve: router}}", [("E0305", 4, 30)], id="router is off"),
        pytest.param("defaults: {serve: router}\nmodels: {a: {path: x}, b: {path: y}}", [("E0305", 3, 19)], id="default names a router"),
        pytest.param(ROUTER + "models: {a: {path: x, port: 9}}", [("E0306", 4, 23)], id="port of a router model"),
        pytest.param(ROUTER + "models: {a: {path: x, env: {A: b}}}", [("E0307", 4, 23)], id="env of a router model"),
        pytest.param("router: {models_max: 1}\nmodels: {a: {path: x}, b: {path: y}}", [("E0308", 3, 22)], id="too many always"),
        pytest.param("router: {models_max: 1}\nmodels: {a: {path: x}, b: {path: y, load: on-demand}}", [("E0308", 3, 22)], id="no place on demand"),
        pytest.param("router: {}\ndefaults: {path: x}\nmodels: {a: {path: x}, b: {path: x}, c: {path: x}, d: {path: x}, e: {path: x}}", [("E0308", 3, 1), ("E0311", 4, 12)], id="more than the default"),
        pytest.param("server: {host: /x.sock}\nmodels: {a: {path: x, serve: dedicated}, b: {path: x, serve: dedicated}}", [("E0314", 3, 16)], id="a socket for two"),
        pytest.param("server: {ssl_key_file: k}", [("E0309", 3, 24)], id="key without certificate"),
        pytest.param("server: {ssl_key_file: k, ssl_cert_file: c}", [("E0315", 3, 24)], id="TLS"),
        pytest.param("server: {ssl_cert_file: k}", [("E0309", 3, 25)], id="certificate without key"),
        pytest.param("server: {ports: 8100-8101}\nmodels:\n  a: {path: x, serve: dedicated, port: 8100}\n  b: {path: x, serve: dedicated}\n  c: {path: x, serve: dedicated}", [("E0310", 3, 17)], id="small pool"),
        pytest.param(ROUTER + "models: {a: {path: x, moved_from: b}, b: {path: x}}", [("E0312", 4, 35)], id="moved from a declared one"),
        pytest.param(ROUTER + "models:\n  a: {path: x, moved_from: c}\n  b: {path: x, moved_from: c}", [("E0312", 6, 28)], id="moved twice"),
    ],
)  # fmt: skip
def test_a_rule_names_the_place_that_has_to_change(write: Write, text: str, expected: list[Any]) -> None:
    found = problems(write(HEAD + text))

    assert places(found) == expected
    assert all(one.hint for one in found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("router: {models_max: 1}\nmodels: {a: {path: x}}", id="as many always as places"),
        pytest.param("router: {models_max: 2}\nmodels: {a: {path: x}, b: {path: y, load: on-demand}}", id="one place left"),
        pytest.param("models: {a: {path: x, enabled: false}}", id="disabled model needs no router"),
        pytest.param("models:\n  a: {path: x, serve: dedicated, port: 9}\n  b: {path: x, serve: dedicated, port: 9, enabled: false}", id="disabled model holds no port"),
        pytest.param("router: {enabled: false, port: 9}\nmodels: {a: {path: x, serve: dedicated, port: 9}}", id="router that is off holds no port"),
        pytest.param(ROUTER + "models: {a: {path: x, moved_from: b}}", id="moved"),
    ],
)  # fmt: skip
def test_what_is_possible_is_not_refused(write: Write, text: str) -> None:
    assert load(write(HEAD + text)).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("models: {a: {path: x, serve: dedicatd}}", [("E0203", 3, 30)], id="serve without a router"),
        pytest.param("defaults: {serve: dedicatd}\nmodels: {a: {path: x}, b: {path: y}}", [("E0203", 3, 19)], id="default"),
        pytest.param(ROUTER + "models: {a: {path: x, serve: dedicatd, port: 9, env: {A: b}}}", [("E0203", 4, 30)], id="port and env of an unknown serve"),
        pytest.param("router: 3\nmodels: {a: {path: x}}", [("E0201", 3, 9)], id="refused router"),
        pytest.param("router: {port: x}\nmodels: {a: {path: x, serve: dedicated, port: 8080}}", [("E0201", 3, 16)], id="default port in place of a refused one"),
        pytest.param("router: {models_max: -1}\nmodels: {a: {path: x}, b: {path: x}, c: {path: x}, d: {path: x}, e: {path: x}}", [("E0202", 3, 22)], id="refused models_max"),
        pytest.param("server: {ssl_key_file: 3, ssl_cert_file: c}", [("E0201", 3, 24)], id="refused half of TLS"),
        pytest.param(ROUTER + "models: {a: {path: x, restart: {policy: sometimes}}}", [("E0203", 4, 41)], id="no warning above an error"),
    ],
)  # fmt: skip
def test_no_rule_adds_to_a_value_that_was_refused(write: Write, text: str, expected: list[Any]) -> None:
    assert places(problems(write(HEAD + text))) == expected


def test_a_refused_value_hides_no_clash_elsewhere(write: Write) -> None:
    found = problems(write(HEAD + "models:\n  a: {path: x, threads: no}\n  b: {path: x, aliases: [a]}\n"))

    assert places(found) == [("E0305", 4, 3), ("E0201", 4, 25), ("E0305", 5, 3), ("E0303", 5, 26)]


def test_a_model_that_moves_from_itself_is_not_told_to_be_removed(write: Write) -> None:
    (found,) = problems(write(HEAD + ROUTER + "models: {a: {path: x, moved_from: a}}\n"))

    assert (found.code, found.summary) == ("E0312", "`a` cannot be moved from itself")
    assert "other model" not in found.hint


def test_the_other_place_of_a_clash_is_named(write: Write) -> None:
    path = write(HEAD + ROUTER + "models:\n  a: {path: x, aliases: [b]}\n  b: {path: x}\n")

    (found,) = problems(path)

    assert found.detail == f"`models.b` has that name; the other one is at {path}:6:3"


@pytest.mark.parametrize(
    ("wanted", "program", "fits"),
    [
        (">=0.1", "0.1.0", True), (">=0.1,<1", "0.9", True), (">=0.1, <1", "1.0.0", False), ("==0.1", "0.1.0", True),
        ("!=0.1", "0.1.0", False), ("~=1.2", "1.9", True), ("~=1.2", "2.0", False), ("~=1.2.3", "1.3", False),
        (">0.1", "0.1.0", False), ("<=0.1", "0.1.1", False), (">=0.1", "0.1.0.dev3", True),
    ],
)  # fmt: skip
def test_required_version_is_compared_number_by_number(wanted: str, program: str, fits: bool) -> None:  # noqa: FBT001 - a case
    problem = check_required(wanted, program)

    assert (problem is None) == fits
