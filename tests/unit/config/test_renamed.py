"""Keys with a newer name, by a table of the test: the language itself has renamed none yet."""

from pathlib import Path

import pytest

from reconciler.config import renamed
from reconciler.config.load import load_fleet
from reconciler.config.renamed import with_new_names
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.domain.diagnostic import Fix, Severity

TABLE = {"memory.context": "ctx_size", "router.max": "models_max", "logging": "log"}


def read(text: str) -> tuple[object, list[tuple[str, int, int]]]:
    root, _ = parse(Text("fleet.yaml", "", text))
    assert root
    before = repr(root.value)
    new, said = with_new_names(root, TABLE)
    assert repr(root.value) == before
    assert all(one.code == "W0201" and one.severity is Severity.WARNING for one in said)
    return new.value, [(one.path, one.position.line, one.position.column) for one in said if one.position]


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("router: {max: 3}", {"router": {"models_max": 3}}, [("router.max", 1, 10)]),
        (
            "models: {a: {memory: {context: 3}}}",
            {"models": {"a": {"memory": {"ctx_size": 3}}}},
            [("models.a.memory.context", 1, 23)],
        ),
        (
            "defaults:\n  memory: {context: 3}",
            {"defaults": {"memory": {"ctx_size": 3}}},
            [("defaults.memory.context", 2, 12)],
        ),
        ("server: {memory: {context: 3}}", {"server": {"memory": {"ctx_size": 3}}}, [("server.memory.context", 1, 19)]),
        ("logging: {}", {"log": {}}, [("logging", 1, 1)]),
        ("router: {max: 3, models_max: 4}", {"router": {"max": 3, "models_max": 4}}, []),
        ("router: 3", {"router": 3}, []),
    ],
)
def test_an_old_name_is_read_as_the_new_one(text: str, value: object, said: list[tuple[str, int, int]]) -> None:
    assert read(text) == (value, said)


def test_an_old_name_is_warned_of_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(renamed, "RENAMED", TABLE)
    file = tmp_path / "fleet.yaml"
    file.write_text("version: 1\nfleet: f\nrouter: {max: 3}\nmodels: {}\n")

    for _ in range(2):
        fleet = load_fleet([file], cache=tmp_path / "cache")
        (warning,) = fleet.diagnostics

        assert fleet.spec.router
        assert fleet.spec.router.models_max == 3
        assert (warning.code, warning.fix, warning.hint) == (
            "W0201",
            Fix(replacement="models_max"),
            "write `models_max`, or let `reconcile fmt --fix` do it",
        )


def test_a_variable_beside_an_old_name_is_still_replaced() -> None:
    root, _ = parse(Text("fleet.yaml", "", "router:\n  max: ${x}\n"))
    assert root

    assert with_new_names(root, TABLE)[0].open
