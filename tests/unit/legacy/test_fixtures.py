"""Every database that we have, against what it is known to hold."""

from typing import Any

import pytest

from reconciler.errors import LegacyError
from reconciler.legacy.schemas import KNOWN
from reconciler.legacy.source import open_source
from reconciler.legacy.unified import Config, unify
from reconciler.legacy.vintage import vintage_of
from tests.support.legacy import COLUMNS, EXPECTED, FIXTURES, READABLE, REFUSED

ACROSS = frozenset({"bad_json", "no_models_table"})
"""Warnings of the fixtures that are not about one model."""


@pytest.mark.parametrize("name", READABLE)
def test_the_vintage_is_recognised_and_nothing_in_it_is_unknown(name: str) -> None:
    with open_source(FIXTURES / name) as source:
        vintage = vintage_of(source)
    assert (str(vintage), vintage.notes) == (EXPECTED[name]["vintage"], ())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_database_of_the_dashboard_is_refused_with_its_kind(name: str) -> None:
    with pytest.raises(LegacyError) as refused, open_source(FIXTURES / name) as source:
        vintage_of(source)
    assert refused.value.kind in EXPECTED[name]["errors"]
    assert name in refused.value.summary
    assert refused.value.hint


@pytest.mark.parametrize("name", READABLE)
def test_models_are_counted_and_come_in_the_order_of_the_file(name: str) -> None:
    expected = EXPECTED[name]
    with open_source(FIXTURES / name) as source:
        names = [row["name"] for row in source.rows("models")]
        count = source.count("models")
    assert len(names) == count == expected["counts"]["models"]
    if "models" in expected:
        assert names == [one["name"] for one in expected["models"]]


@pytest.mark.parametrize("name", READABLE)
def test_router_and_logging_are_what_the_dashboard_used(name: str) -> None:
    expected = EXPECTED[name]
    with open_source(FIXTURES / name) as source:
        found = unify(source)
    for part, config in (("router", found.router), ("logging", found.logging)):
        assert _agrees(config, expected[part], expected.get(f"{part}_accept", {}))
        assert set(config.explicit) == set(expected[f"{part}_explicit"])
        assert all(type(value) is type(expected[part][key]) for key, value in config.values.items())


@pytest.mark.parametrize("name", READABLE)
def test_warnings_about_the_settings_are_those_expected(name: str) -> None:
    wanted = [one for one in EXPECTED[name]["warnings"] if one["code"] in ACROSS - {"no_models_table"}]
    with open_source(FIXTURES / name) as source:
        notes = unify(source).notes
    assert [note.code for note in notes] == [one["code"] for one in wanted]
    for note, one in zip(notes, wanted, strict=True):
        assert all(word in note.message for word in one["mentions"])


def test_every_column_that_any_vintage_had_is_known() -> None:
    stored = (one for one in COLUMNS if one["kind"] != "kvkey" and "(never created)" not in one["table"])
    assert [one for one in stored if one["column"] not in KNOWN.get(one["table"], ())] == []


def _agrees(config: Config, expected: dict[str, Any], accepted: dict[str, list[Any]]) -> bool:
    return list(config.values) == list(expected) and all(
        value == expected[key] or value in accepted.get(key, []) for key, value in config.values.items()
    )
