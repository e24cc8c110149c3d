"""Which of several generations of settings counts, and what is said about those that do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.legacy.report import Code
from reconciler.legacy.source import open_source
from reconciler.legacy.unified import Unified, unify
from tests.support.legacy import EXPECTED, changed, fixture

Config = dict[str, Any]
BACKUP = "INSERT INTO migration_backup_004 VALUES (?, 'server_config', 'config', ?, 0)"


def unified(path: Path) -> Unified:
    with open_source(path) as source:
        return unify(source)


def with_config(directory: Path, **keys: Any) -> Unified:
    """A J9 file whose `server_config` says exactly this."""
    path = changed(
        fixture("j9_small.db", directory),
        ("UPDATE server_config SET value = ?", (json.dumps(keys),)),
        "DELETE FROM metadata",
    )
    return unified(path)


def with_router(directory: Path, **keys: Any) -> Unified:
    """A migrated file whose `router_config` says exactly this, and whose backup is empty."""
    path = changed(
        fixture("m004b_small.db", directory),
        ("UPDATE router_config SET value = ?", (json.dumps(keys),)),
        "DELETE FROM migration_backup_004",
    )
    return unified(path)


def codes(found: Unified) -> list[str]:
    return sorted(note.code for note in found.notes)


@pytest.mark.parametrize(
    ("said", "key", "value"),
    [
        ({"modelsPath": "/m"}, "modelsPath", "/m"),
        ({"modelsPath": "/m", "baseModelsPath": "/b"}, "modelsPath", "/b"),
        ({"modelsPath": "/m", "baseModelsPath": ""}, "modelsPath", "/m"),
        ({"host": "h"}, "host", "h"),
        ({"host": "h", "llama_server_host": None}, "host", "h"),
        ({"host": "h", "llama_server_host": "l"}, "host", "l"),
        ({"port": "81"}, "port", 81),
        ({"port": 81, "llama_server_port": 82.0}, "port", 82),
        ({"llama_server_metrics": "false"}, "metricsEnabled", False),
        ({"llama_server_enabled": 1}, "autoStartOnLaunch", True),
        ({"llama_server_enabled": True, "auto_start_on_launch": False}, "autoStartOnLaunch", False),
        ({"autoStart": "yes"}, "autoStartOnLaunch", True),
        ({"temperature": "0.25"}, "temperature", 0.25),
    ],
)
def test_each_key_is_found_under_the_names_that_it_had(said: Config, key: str, value: object, tmp_path: Path) -> None:
    found = with_config(tmp_path, **said)
    assert (found.router.values[key], found.router.explicit, found.notes) == (value, (key,), ())


@pytest.mark.parametrize("bad", ["8134abc", [], {}, True, 1.5, 2**40, "1e999"])
def test_an_unusable_value_takes_the_default_and_never_an_older_one(bad: object, tmp_path: Path) -> None:
    found = with_config(tmp_path, port=9000, llama_server_port=bad)
    assert (found.router.values["port"], found.router.explicit) == (8080, ())
    (note,) = found.notes
    assert (note.code, note.column) == (Code.BAD_TYPE, "server_config.config.llama_server_port")


def test_the_row_of_the_migration_wins_as_a_whole(tmp_path: Path) -> None:
    path = changed(
        fixture("m004b_small.db", tmp_path),
        "INSERT INTO server_config VALUES ('config', '{\"ctx_size\": 1, \"port\": 1}')",
        "UPDATE router_config SET value = '{\"port\": 7}'",
        "DELETE FROM migration_backup_004",
    )
    found = unified(path)
    assert (found.router.values["port"], found.router.values["ctxSize"], found.router.explicit) == (7, 4096, ("port",))
    (note,) = found.notes
    assert note.code is Code.PARTIAL_CONFIG
    assert note.recoverable == {"ctxSize": 1, "maxModelsLoaded": 2, "parallelSlots": 3, "gpuLayers": 40}


def test_a_number_that_the_dashboards_script_could_not_read_is_missing(tmp_path: Path) -> None:
    found = with_router(tmp_path, **{**EXPECTED["m004b_small.db"]["router"], "port": None})
    assert (found.router.values["port"], codes(found)) == (8080, ["partial_config"])


def test_an_empty_path_is_said_and_is_no_warning(tmp_path: Path) -> None:
    found = with_router(tmp_path, **{**EXPECTED["m004b_small.db"]["router"], "modelsPath": "", "serverPath": ""})
    assert (len(found.router.explicit), found.notes) == (14, ())


def test_columns_of_the_typescript_versions_count_where_nothing_newer_says_a_word(tmp_path: Path) -> None:
    path = changed(
        fixture("v2c_small.db", tmp_path),
        "CREATE TABLE server_config (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        'INSERT INTO metadata VALUES (\'user_settings\', \'{"theme": "dark", "logLevel": "warn"}\', 1)',
    )
    found = unified(path)
    assert (found.router.generation, found.router.values["port"]) == ("model_server_config", 8134)
    assert found.logging.values["level"] == "warn"


def test_of_several_rows_the_one_written_last_counts(tmp_path: Path) -> None:
    columns = "host, port, created_at, updated_at"
    path = changed(
        fixture("v2a_small.db", tmp_path),
        f"INSERT INTO model_server_config ({columns}) VALUES ('new', 2, 0, 2000000000000)",  # noqa: S608 - data of the test
        f"INSERT INTO model_server_config ({columns}) VALUES ('old', 1, 0, 1500000000000)",  # noqa: S608 - as above
    )
    found = unified(path)
    assert (found.router.values["host"], codes(found)) == ("new", ["duplicate_rows"])


@pytest.mark.parametrize("table", ["router_config", "logging_config"])
@pytest.mark.parametrize("damage", ["DELETE FROM {}", "UPDATE {} SET value = '{{'", "DROP TABLE {}"])
def test_a_migration_cut_short_falls_back_to_what_was_before_it(table: str, damage: str, tmp_path: Path) -> None:
    found = unified(changed(fixture("m004b_small.db", tmp_path), damage.format(table)))
    expected = EXPECTED["m004b_small.db"]
    assert (dict(found.router.values), dict(found.logging.values)) == (expected["router"], expected["logging"])
    # The log's settings are still in `user_settings`, the router's only in the backup.
    restored = ["restored_from_backup"] if table == "router_config" else []
    assert codes(found) == ["interrupted_004", *restored]


def test_a_migration_cut_short_before_anything_was_removed_needs_no_backup(tmp_path: Path) -> None:
    path = changed(
        fixture("j9_small.db", tmp_path),
        "CREATE TABLE migration_backup_004 (id, source_table, source_key, original_value, migrated_at)",
        (BACKUP, (1, '{"llama_server_port": 1}')),
    )
    found = unified(path)
    assert found.router.values == EXPECTED["j9_small.db"]["router"]
    assert set(codes(found)) == {"interrupted_004"}


def test_the_oldest_readable_row_of_the_backup_is_the_original(tmp_path: Path) -> None:
    path = changed(
        fixture("m004b_small.db", tmp_path),
        "DROP TABLE router_config",
        "UPDATE migration_backup_004 SET id = id + 10",
        (BACKUP, (1, "{")),
        (BACKUP, (99, "{}")),
    )
    assert unified(path).router.values["port"] == 8134


def test_a_second_run_that_wrote_defaults_is_told_with_both_values(tmp_path: Path) -> None:
    kept = EXPECTED["m004b_small.db"]["router"]
    path = changed(
        fixture("m004b_small.db", tmp_path),
        ("UPDATE router_config SET value = ?", (json.dumps({**kept, "port": 8080, "host": "10.0.0.1"}),)),
    )
    (note,) = unified(path).notes
    assert (note.code, note.recoverable) == (Code.DIFFERS_FROM_BACKUP, {"port": 8134})
    assert unified(path).router.values["host"] == "10.0.0.1"


def test_the_level_that_the_running_dashboard_reads_beats_the_migrations(tmp_path: Path) -> None:
    path = changed(
        fixture("m004b_small.db", tmp_path),
        "UPDATE logging_config SET value = json_set(value, '$.logLevel', 'debug')",
    )
    found = unified(path)
    assert (found.logging.values["level"], found.logging.origin["level"]) == ("debug", "logging_config.config.logLevel")
    assert found.notes == ()


def test_paths_that_fit_one_machine_only_are_told(tmp_path: Path) -> None:
    kept = {**EXPECTED["m004b_small.db"]["router"], "modelsPath": "./models", "serverPath": "/home/other/llama-server"}
    found = with_router(tmp_path, **kept)
    assert codes(found) == ["author_default", "relative_path"]


def test_what_nothing_reads_is_dropped_by_name_alone(tmp_path: Path) -> None:
    found = with_config(tmp_path, port=1, api_key="sk-canary", colour="red")
    assert [one.what for one in found.dropped] == ["server_config.config.api_key", "server_config.config.colour"]
    assert "canary" not in repr(found)


@pytest.mark.parametrize(("said", "meant"), [(True, True), ("false", False), (None, None), ("maybe", None)])
def test_loading_models_by_themselves_is_told_apart(said: object, meant: bool | None, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    settings = json.dumps({"autoLoadModels": said})
    path = changed(fixture("j9_small.db", tmp_path), ("UPDATE metadata SET value = ?", (settings,)))
    assert unified(path).autoload is meant
