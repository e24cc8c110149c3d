"""Every database that we have through the real command, against what it is known to give."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.config.files import RawFile
from reconciler.config.rewrite import restyled
from reconciler.render.schemas import SCHEMAS
from tests.support.command import in_process
from tests.support.legacy import EXPECTED, FIXTURES, READABLE, REFUSED
from tests.support.legacy_import import CATALOGUES, Done, canonical, import_legacy, same, server_options

NOT_SAID = {"models-dir": "modelsPath", "metrics": "metricsEnabled"}
"""Options that are no setting here, by the key of the router that the report has them under."""


LIKE_OTHERS = frozenset({"j1", "j2", "j3", "j4", "j5", "j6", "j7", "j8", "v2a", "v2b"})
"""Vintages whose large file differs from the next one's in nothing that takes long to look at."""


def _is_like_others(done: Done) -> bool:
    name = Path(done.report["source"]["path"]).stem
    return name.endswith("_large") and name.partition("_")[0] in LIKE_OTHERS


@pytest.fixture(scope="module", params=READABLE)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Done]:
    """One file, imported once for all claims."""
    done = import_legacy(FIXTURES / request.param, tmp_path_factory.mktemp("import"))
    assert done.ended.code == 0, done.ended.err + done.ended.out
    return EXPECTED[request.param], done


def test_counts_and_names_are_those_of_the_source(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    models = done.report["models"]
    assert len(models) == expected["counts"]["models"] == len({one["new_name"] for one in models})
    assert done.report["source"]["sha256"] == expected["sha256"]
    assert done.report["source"]["vintage"] == expected["vintage"]
    assert set(done.tree["models"]) == {one["new_name"] for one in models}
    if digest := expected.get("names_sha256"):
        assert hashlib.sha256("\n".join(sorted(one["name"] for one in models)).encode()).hexdigest() == digest
    if "models" in expected:
        assert [one["name"] for one in models] == [one["name"] for one in expected["models"]]


def test_the_report_is_what_its_schema_says(case: tuple[dict[str, Any], Done]) -> None:
    _, done = case
    jsonschema.validate(done.report, SCHEMAS["import-legacy"])


def test_every_model_carries_exactly_its_settings(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    for index, one in enumerate(expected.get("models", expected.get("models_spot", []))):
        found = done.report["models"][index] if "models" in expected else done.model(one["name"])
        own = done.own(found["new_name"])
        wanted = {canonical(f"--{name}"): value for name, value in one["settings"].items()}
        wanted |= {canonical(f"--{name}"): value for name, value in one.get("server_settings", {}).items()}
        spare = {canonical(f"--{name}") for name in one.get("settings_optional", {})}
        own |= {key: value for key, value in done.tree["models"][found["new_name"]].items() if key == "port"}
        own |= {name: value for name, value in server_options(done.tree).items() if name in wanted and name not in own}
        assert own.keys() - spare == wanted.keys(), one["name"]
        assert {name: own[name] for name in wanted if not same(wanted[name], own[name])} == {}
        assert found["path"] == one["path"]
        for key in ("type", "status", "created_at"):
            assert key not in one or found[key] == one[key]
        assert found["info"].items() >= one.get("info", {}).items()
        assert set(found.get("secrets", ())) == {name.replace("-", "_") for name in one.get("secrets", [])}


def test_render_carries_the_settings(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    if _is_like_others(done):
        return
    shown = in_process(
        "render", "-c", str(done.target), "--llama-server", str(CATALOGUES["b10434"]), "--format", "json"
    )
    assert shown.code == 0, shown.err
    models = json.loads(shown.out)["models"]
    for one in expected.get("models", expected.get("models_spot", [])):
        names = [found["new_name"] for found in done.report["models"] if found["name"] == one["name"]]
        if not done.model(one["name"])["enabled"]:
            continue
        words = [word for name in names for word in models[name]["argv"]]
        for name, value in done.own(names[0]).items():
            assert value is False or any(canonical(word) == name for word in words), name


def test_router_and_logging_are_those_expected(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    for part in ("router", "logging"):
        accepted = expected.get(f"{part}_accept", {})
        found = done.report[part]
        assert found.keys() == expected[part].keys()
        assert all(same(expected[part][key], found[key]) or found[key] in accepted.get(key, []) for key in found)
        assert set(done.report[f"{part}_explicit"]) == set(expected[f"{part}_explicit"])


def test_settings_of_the_server_are_those_expected(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    found = server_options(done.tree)
    dropped = {one["what"].rpartition(".")[2].replace("_", "-") for one in done.report["dropped"]}
    for name, value in expected.get("server_settings", {}).items():
        if name in NOT_SAID:
            assert same(value, done.report["router"][NOT_SAID[name]])
        else:
            assert same(value, found.get(canonical(f"--{name}"))) or name in dropped
    if "server_settings" in expected:
        known = {*expected["server_settings"], *expected.get("server_settings_optional", {})}
        assert found.keys() <= {canonical(f"--{name}") for name in known}
    assert set(done.report["server_secrets"]) >= {one.replace("-", "_") for one in expected.get("server_secrets", [])}


def test_mere_defaults_are_not_written(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    router = {"host": "host", "models_max": "maxModelsLoaded"}
    written = done.tree.get("router", {})
    assert all(key in expected["router_explicit"] for name, key in router.items() if name in written)
    defaults = done.tree["defaults"]
    assert ("memory" in defaults) == ("ctxSize" in expected["router_explicit"])
    assert ("threads" in defaults) == ("threads" in expected["router_explicit"])
    assert "gpu" not in defaults
    every = [done.own(name) for name in done.tree["models"]]
    assert not [name for own in every for name in expected.get("settings_forbidden", []) if canonical(name) in own]


def test_every_expected_warning_is_there_with_what_it_mentions(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    for one in expected["warnings"]:
        said = [
            json.dumps(found, ensure_ascii=False) for found in done.report["warnings"] if found["code"] == one["code"]
        ]
        assert one.get("optional") or any(all(word in text for word in one["mentions"]) for text in said), one


def test_no_secret_gets_out(case: tuple[dict[str, Any], Done]) -> None:
    expected, done = case
    planted = expected.get("secrets_must_not_leak", [])
    everything = done.everything()
    assert [one for one in planted if one in everything] == []
    kept = {one.read_text().strip() for one in done.directory.glob("secrets/*")}
    assert kept >= set(planted)


def test_the_file_is_in_style_and_valid_for_both_builds(case: tuple[dict[str, Any], Done]) -> None:
    _, done = case
    if _is_like_others(done):
        return
    assert restyled(RawFile(path=done.target, data=done.text.encode(), identity=(0, 0))) == done.text
    for build in CATALOGUES.values():
        checked = in_process("validate", "-c", str(done.target), "--llama-server", str(build))
        assert checked.code == 0, checked.err


def test_a_second_run_changes_nothing_and_writes_nothing(case: tuple[dict[str, Any], Done]) -> None:
    _, done = case
    if _is_like_others(done):
        return
    before = {one: one.stat().st_mtime_ns for one in (done.target, *done.directory.glob("secrets/*"))}
    again = import_legacy(Path(done.report["source"]["path"]), done.directory)
    assert again.ended.code == 0
    assert again.report["written"] == []
    assert again.report["history"] == 0
    assert {one: one.stat().st_mtime_ns for one in before} == before


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    done = import_legacy(FIXTURES / name, tmp_path / "out")
    assert done.ended.code == 1
    jsonschema.validate(done.report, SCHEMAS["import-legacy"])
    assert done.report["error"]["kind"] in EXPECTED[name]["errors"]
    assert list(done.directory.iterdir()) == []
