"""The map of columns and options, held against what the dashboards had and what builds take."""

import json
from typing import Any

import pytest

from reconciler.legacy import columns
from reconciler.legacy.conversion import converted
from reconciler.legacy.options import SHORT, option_meaning
from reconciler.legacy.values import Bad, Given
from reconciler.llama.excluded import EXCLUDED
from reconciler.spec.registry import all_settings, by_flag
from tests.support.legacy import COLUMNS
from tests.support.legacy_import import CATALOGUES

STORED = [one for one in COLUMNS if one["kind"] != "kvkey" and "never" not in one["table"]]
MAPS = (
    columns.SETTINGS, columns.INVERTED, columns.LOAD_MODE, columns.SOURCES, columns.SECRETS, columns.PROCESS,
    columns.REFUSED, columns.NEVER, columns.JSON_OPTIONS, columns.LABELS, columns.MEASURED, columns.KEEPING,
)  # fmt: skip


def test_every_column_of_every_vintage_has_its_place_or_its_reason() -> None:
    known = {column for one in MAPS for column in one}
    assert {one["column"] for one in STORED} - known == set()
    assert {*columns.SETTINGS.values(), *columns.INVERTED.values()} <= all_settings().keys()


def test_every_column_is_the_setting_that_its_option_is() -> None:
    wrong = {}
    for one in STORED:
        flags = [one.get("flag_today"), one.get("main_arg_today"), *one.get("aliases_today", [])]
        meant = next((by_flag()[flag][0].path for flag in flags if flag in by_flag()), None)
        found = columns.SETTINGS.get(one["column"]) or columns.SOURCES.get(one["column"])
        if meant and meant != found and one["column"] not in {*columns.LOAD_MODE, *columns.REFUSED, *columns.NEVER}:
            wrong[one["column"]] = (meant, found)
    assert wrong == {}


def test_values_that_say_nothing_are_those_of_the_columns() -> None:
    wishes = {*columns.SETTINGS, *columns.INVERTED, *columns.LOAD_MODE, *columns.PROCESS, *columns.REFUSED}
    for one in (one for one in STORED if one["column"] in wishes):
        scanned = one["vintage"][0] == "J" and one["table"] == "models"
        if scanned and one["column"] == "ctx_size":
            continue
        known = (columns.UNSET_BY_SCAN if scanned else {}).get(one["column"]) or columns.UNSET.get(one["column"])
        assert bool(known) == bool(one["unset_values"]), one
        assert all(_equal(known, value) for value in one["unset_values"]), one


def test_every_option_of_both_builds_means_something_by_each_of_its_names() -> None:
    nothing = set()
    for path in CATALOGUES.values():
        for entry in json.loads(path.read_bytes())["entries"]:
            names = [entry["flag"], *(one for one in entry["aliases"] if one.startswith("--"))]
            if not entry["removed"] and not {*names} & EXCLUDED.keys():
                nothing |= {name for name in names if not option_meaning(name).known}
                nothing |= {f"-{short}" for short in _short(entry) if not option_meaning(short).known}
    assert nothing == set()
    assert set(SHORT.values()) <= {*all_settings(), *columns.SOURCES.values()}


@pytest.mark.parametrize(
    ("path", "value", "meant"),
    [
        ("memory.ctx_size", "4096.0", 4096), ("memory.ctx_size", 2**31, Bad), ("memory.ctx_size", "many", Bad),
        ("memory.batch_size", 512.5, Bad), ("gpu.layers", "ALL", "all"), ("gpu.layers", -1, "auto"),
        ("gpu.layers", 0, 0),
        ("gpu.tensor_split", "0.6/0.4", [0.6, 0.4]), ("advanced.flash_attn", 1, "on"),
        ("advanced.flash_attn", "x", Bad),
        ("gpu.fit", "off", False), ("sampling.samplers", "top_k;temp;min-p", ["top_k", "temperature", "min_p"]),
        ("lora.scaled", "/a.gguf:0.5,/c:1", {"/a.gguf": 0.5, "/c": 1}), ("lora.scaled", "/a", Bad),
        ("sampling.json_schema", '{"a": 1}', {"a": 1}), ("sampling.json_schema", "[1]", Bad),
        ("memory.no_host", 0, None),
        ("memory.cache_type_k", "Q8_0", "q8_0"), ("memory.cache_type_k", "q9", Bad), ("parallel", 0, Bad),
        ("sampling.temperature", "nan", Bad), ("sampling.top_p", 1.5, Bad), ("advanced.prio_batch", -1, Bad),
        ("sampling.grammar", "a\0b", Bad), ("sampling.seed", 2**32 - 1, 2**32 - 1), ("jinja", "enabled", True),
        ("lora.scaled", {"/${x}": 1}, Bad), ("server.timeout", "60", 60), ("router.models_max", -1, Bad),
    ],
)  # fmt: skip
def test_a_stored_value_is_a_value_of_the_setting_or_is_refused(path: str, value: Any, meant: Any) -> None:
    found = converted(path, value)
    if meant is Bad:
        assert isinstance(found, Bad)
        assert found.reason
    else:
        assert (found.value if isinstance(found, Given) else None) == meant


def _short(entry: dict[str, Any]) -> list[str]:
    return [one.lstrip("-") for one in entry["aliases"] if not one.startswith("--")]


def _equal(known: str | None, value: str) -> bool:
    try:
        return float(str(known)) == float(value)
    except ValueError:
        return known == value
