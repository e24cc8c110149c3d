"""`reconcile legacy`: what it says to people and to programs."""

import json
from pathlib import Path
from typing import Any

from tests.support.command import reconcile
from tests.support.legacy import EXPECTED, FIXTURES, changed, fixture


def told(*arguments: str, exits: int = 0) -> dict[str, Any]:
    done = reconcile("legacy", *arguments, "--format", "json")
    assert (done.code, done.err) == (exits, "")
    document: dict[str, Any] = json.loads(done.out)
    return document


def test_programs_get_the_whole_report_at_each_step(tmp_path: Path) -> None:
    path = str(fixture("j9_small.db", tmp_path))
    planned = told("migrate", "--dry-run", path)
    assert (planned["state"], planned["copy"]) == ("would_migrate", None)
    assert planned["source"]["vintage"] == "J9"

    migrated = told("migrate", path)

    assert (migrated["state"], migrated["copy"]) == ("migrated", f"{path}.before-004")
    for part in ("router", "logging"):
        assert migrated[part] == EXPECTED["j9_small.db"][part] == json.loads(migrated["writes"][f"{part}_config"])
        assert set(migrated[f"{part}_explicit"]) == set(EXPECTED["j9_small.db"][f"{part}_explicit"])
    assert told("migrate", path)["state"] == "unchanged"
    assert told("rollback", path) == {"format_version": "1.0", "path": path, "lost": []}


def test_a_refusal_has_its_kind() -> None:
    for name, kind in (("not_a_database.db", "not_sqlite"), ("empty_file.db", "empty"), ("none.db", "unreadable")):
        (one,) = told("migrate", str(FIXTURES / name), exits=1)["diagnostics"]
        assert (one["kind"], one["severity"]) == (kind, "error")
    (one,) = told("rollback", str(FIXTURES / "m004b_small.db"), exits=1)["diagnostics"]
    assert one["kind"] == "no_copy"


def test_people_see_where_each_value_is_from_and_the_way_back(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    done = reconcile("legacy", "migrate", str(path))
    assert done.code == 0
    assert "metadata.user_settings.gpuLayers" in done.out
    assert f"reconcile legacy rollback {path}" in done.out
    assert "Nothing to do" in reconcile("legacy", "migrate", str(path)).out


def test_people_are_told_what_a_second_run_destroyed_and_how_to_take_it_back(tmp_path: Path) -> None:
    path = fixture("m004b_small.db", tmp_path)
    changed(path, "UPDATE router_config SET value = json_set(value, '$.port', 8080)")
    done = reconcile("legacy", "migrate", str(path))
    assert "port `8080` (was `8134`)" in done.out
    assert f"reconcile legacy migrate --from-backup {path}" in done.out
