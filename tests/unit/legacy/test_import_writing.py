"""What an import writes, and when: all of it or nothing, and nobody's file but its own."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.runtime.staging import Staged
from reconciler.store import Store
from tests.support.command import reconcile
from tests.support.legacy import FIXTURES, changed, fixture, seen
from tests.support.legacy_build import add, built
from tests.support.legacy_import import import_legacy

SECRETS = FIXTURES / "v2b_api_key.db"
LARGE = FIXTURES / "v2c_large.db"
KILLS = max(4, int(os.environ.get("RECONCILE_KILLS", "12")) // 8)
"""Each is a whole program, which takes ten times as long as what the other tests kill."""


def test_another_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "fleet.yaml"
    target.write_text("version: 1\n")
    refused = import_legacy(SECRETS, tmp_path)
    assert refused.ended.code == 1
    assert refused.report["error"]["kind"] == "refused"
    assert "--force" in refused.report["error"]["hint"]
    assert [one.name for one in tmp_path.iterdir()] == ["fleet.yaml"]
    assert target.read_text() == "version: 1\n"

    target.chmod(0o640)
    done = import_legacy(SECRETS, tmp_path, "--force")
    assert done.ended.code == 0
    assert done.tree["models"].keys() == {"private-llama"}
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("target", ["v2b_api_key.db", "v2b_api_key.db-wal", "v2b_api_key.db-journal", "link"])
def test_the_database_is_not_written_over_even_by_force(tmp_path: Path, target: str) -> None:
    source = fixture("v2b_api_key.db", tmp_path)
    (tmp_path / "link").symlink_to(source)
    before = seen(tmp_path)
    refused = import_legacy(source, tmp_path, "--force", target=target)
    assert refused.ended.code == 1
    assert "belongs to the database" in refused.report["error"]["summary"]
    assert seen(tmp_path) == before


def test_another_secret_of_that_name_is_kept_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "api_key").write_text("mine\n")
    before = seen(tmp_path)
    refused = import_legacy(SECRETS, tmp_path)
    assert refused.ended.code == 1
    assert "secrets/api_key" in refused.report["error"]["summary"]
    assert seen(tmp_path) == before


def test_secrets_can_be_read_by_their_owner_alone_and_git_passes_over_them(tmp_path: Path) -> None:
    import_legacy(SECRETS, tmp_path)
    directory = tmp_path / "secrets"
    modes = {one.name: one.stat().st_mode & 0o777 for one in directory.iterdir()}
    assert directory.stat().st_mode & 0o777 == 0o700
    assert modes == {".gitignore": 0o600, "api_key": 0o600, "hf_token": 0o600}
    assert (directory / ".gitignore").read_text() == "*\n"


def test_a_pipe_gets_the_configuration_and_no_secret_is_written(tmp_path: Path) -> None:
    done = reconcile("import", "legacy", str(SECRETS), "-o", "-", cwd=tmp_path)
    assert done.code == 0
    assert done.out.startswith("# yaml-language-server:")
    assert "private-llama" in done.out
    assert "v2b_api_key.db (V2b): 1 model" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "fleet.yaml").symlink_to("repository/fleet.yaml")
    done = import_legacy(SECRETS, tmp_path)
    assert done.ended.code == 0
    assert (tmp_path / "fleet.yaml").is_symlink()
    assert (tmp_path / "repository" / "secrets" / "api_key").exists()


def test_the_plan_of_the_first_apply_is_shown_also_where_the_files_are_missing(tmp_path: Path) -> None:
    done = import_legacy(FIXTURES / "j9_small.db", tmp_path, "--plan")
    assert done.ended.code == 0
    plan = done.report["plan"]
    assert {one["code"] for one in plan["diagnostics"]} >= {"E0501"}
    assert {one["resource"] for one in plan["changes"]} >= {"router", "model/no metadata"}


def test_what_was_measured_is_in_the_store_once(tmp_path: Path) -> None:
    first, second = (import_legacy(FIXTURES / "j9_small.db", tmp_path) for _ in range(2))
    assert (first.report["history"], second.report["history"]) == (10, 0)
    with closing(sqlite3.connect(tmp_path / "state" / "metrics.db")) as database:
        rows = database.execute("SELECT count(*), min(imported), min(at) > 1e9 FROM metrics_history").fetchone()
    assert rows == (10, 1, 1)


def test_what_the_dashboard_knew_of_its_models_is_in_the_metadata_of_the_store(tmp_path: Path) -> None:
    for _ in range(2):
        import_legacy(FIXTURES / "v2c_small.db", tmp_path)
        with Store.open(tmp_path / "state") as store:
            found = store.metadata()
    models = json.loads(found["dashboard.models"])
    assert models["bge-m3"]["created_at"] == "2026-01-02T18:30:02Z"
    assert found["dashboard.db_version"] == "2.0"
    assert found["fleet"] == "v2c_small"


def test_memory_of_the_dashboard_itself_is_not_taken_for_that_of_the_machine(tmp_path: Path) -> None:
    path = built(tmp_path / "m.db", "J9", "V2c")
    add(path, "metrics", timestamp=1_767_042_600, cpu_usage=5, memory_usage=81_000_000, gpu_memory_total=0)
    add(path, "metrics", timestamp=1_767_042_610, cpu_usage="x", memory_usage=40, swap_usage=3)
    add(path, "metrics", timestamp=None, cpu_usage=5)
    import_legacy(path, tmp_path)
    with closing(sqlite3.connect(tmp_path / "state" / "metrics.db")) as database:
        found = database.execute("SELECT cpu_percent, memory_percent, swap_percent FROM metrics_history ORDER BY at")
        assert found.fetchall() == [(5.0, None, 0.0), (None, 40.0, 3.0)]


def test_memory_of_the_gpu_is_bytes_whichever_unit_the_dashboard_had(tmp_path: Path) -> None:
    path = built(tmp_path / "m.db", "V2c", "J9")
    rest = {"cpu_usage": 1, "memory_usage": 2, "disk_usage": 3, "active_models": 0, "uptime": 5}
    before = {"gpu_temperature": 50, "gpu_power_usage": 70.5, "requests_per_minute": 0, "created_at": 1}
    add(path, "metrics_history", timestamp=1_767_042_600_000, gpu_usage=7, gpu_memory_used=512, gpu_memory_total=8192,
        **rest, **before)  # fmt: skip
    add(path, "metrics", timestamp=1_768_042_600, gpu_usage=8, gpu_memory_used=2**29, gpu_memory_total=2**33, **rest)
    for _ in range(2):
        import_legacy(path, tmp_path)
    with closing(sqlite3.connect(tmp_path / "state" / "metrics.db")) as database:
        found = database.execute("""
            SELECT at, utilization_percent, g.memory_used_bytes, g.memory_total_bytes, temperature_celsius
            FROM metrics_history JOIN metrics_gpus AS g ON sample = id ORDER BY at
        """).fetchall()
    assert found == [(1_767_042_600.0, 7.0, 2**29, 2**33, 50.0), (1_768_042_600.0, 8.0, 2**29, 2**33, None)]


def test_rows_that_are_still_in_the_log_are_taken_along_and_the_source_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "source"
    place.mkdir()
    path = fixture("v2c_small.db", place)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute(
            "INSERT INTO models (name, type, status, created_at, updated_at) VALUES ('new', 'a', 'stopped', 1, 1)"
        )
        before = seen(place)
        done = import_legacy(path, tmp_path / "out")
        assert seen(place) == before
    assert done.model("new")["new_name"] == "new"


def test_a_missing_file_or_directory_is_one_clear_error(tmp_path: Path) -> None:
    missing = import_legacy(tmp_path / "no.db", tmp_path / "out")
    assert (missing.ended.code, missing.report["error"]["kind"]) == (1, "unreadable")
    nowhere = import_legacy(SECRETS, tmp_path, target="not/there.yaml")
    assert nowhere.ended.code == 1
    assert "there is no directory" in nowhere.report["error"]["summary"]
    assert not (tmp_path / "not").exists()


def test_people_get_the_numbers_first(tmp_path: Path) -> None:
    path = changed(fixture("j9_duplicate_names.db", tmp_path), "UPDATE models SET threads = 'many' WHERE rowid = 1")
    done = reconcile("import", "legacy", str(path), "-o", str(tmp_path / "f.yaml"), "--store", str(tmp_path / "state"))
    assert done.code == 0, done.err
    assert "(J9): 2 models" in done.out.splitlines()[0]
    assert "model-Q4_0 → model-Q4_0-2" in done.out
    assert "bad_type (1)" in done.out
    assert f"wrote {tmp_path}/f.yaml" in done.out


@pytest.mark.timeout(60 + 10 * KILLS)
def test_the_old_file_or_the_new_one_is_there_whenever_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that is killed leaves its private copy of the source where temporary files go.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    path = changed(
        fixture("v2c_large.db", tmp_path), "UPDATE models SET hf_token = 'hf_planted0123456789' WHERE id = 1"
    )
    target, secrets = tmp_path / "fleet.yaml", tmp_path / "secrets"
    words = [sys.executable, "-m", "reconciler", "import", "legacy", str(path), "-o", str(target), "--force"]
    words += ["--store", str(tmp_path / "state")]
    began = time.monotonic()
    subprocess.run(words, check=True, capture_output=True)
    whole, new = time.monotonic() - began, target.read_bytes()
    old = b"version: 1\nfleet: old\nmodels: {}\n"
    rolls = random.Random(4)  # noqa: S311 - moments, no secret
    for _ in range(KILLS):
        target.write_bytes(old)
        (secrets / "hf_token").unlink(missing_ok=True)
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(whole * rolls.uniform(0.4, 1.0))
            process.send_signal(signal.SIGKILL)
        assert target.read_bytes() in {old, new}
        assert target.read_bytes() == old or (secrets / "hf_token").exists()
        kept = [one for one in tmp_path.glob(".*") if one.read_bytes().find(b"hf_planted") >= 0]
        assert kept == []
    subprocess.run(words, check=True, capture_output=True)
    assert target.read_bytes() == new
    assert {one.name for one in secrets.iterdir()} == {".gitignore", "hf_token"}


@pytest.mark.root
def test_a_full_disk_leaves_what_was_there(small_disk: Path, tmp_path: Path) -> None:
    target = small_disk / "fleet.yaml"
    target.write_text("version: 1\n")
    room = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * (room.f_bavail - 4) * room.f_bsize)
    words = ("import", "legacy", str(LARGE), "-o", str(target), "--store", str(tmp_path / "state"), "--force")
    done = reconcile(*words, "--format", "json")
    assert done.code == 1
    assert "No space left" in json.loads(done.out)["error"]["summary"]
    assert sorted(one.name for one in small_disk.iterdir()) == ["filler", "fleet.yaml"]
    assert target.read_text() == "version: 1\n"


def test_a_staged_file_that_is_not_published_was_never_there(tmp_path: Path) -> None:
    with Staged(tmp_path / "f", b"new"):
        assert list(tmp_path.iterdir()) == []
    with Staged(tmp_path / "f", b"new", private=True) as file:
        file.publish()
    assert [(one.name, one.read_bytes(), one.stat().st_mode & 0o777) for one in tmp_path.iterdir()] == [
        ("f", b"new", 0o600)
    ]
