"""The way back: the same bytes, also of what lay beside the file; never over changes that nobody gave up."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.errors import LegacyError
from reconciler.legacy.migrate import migrate
from reconciler.legacy.rollback import roll_back
from tests.support.legacy import READABLE, another, changed, fixture, seen

NOW = 1770000000.0
ROOT = Path(__file__).parents[3]
# Few in every run; a thousand now and then.
KILLS = int(os.environ.get("RECONCILE_KILLS", "12"))
IN_LOG = """\
    database.execute('PRAGMA journal_mode = WAL')
    database.execute("UPDATE models SET status = 'running'")
    """
IN_JOURNAL = """\
    database.execute('PRAGMA cache_size = 1')
    database.execute('BEGIN')
    database.execute("UPDATE models SET name = 'half' || name")
    """


def crashed(name: str, code: str, directory: Path) -> Path:
    """A file as a program leaves it that is killed after it did this."""
    path = fixture(name, directory)
    with another(code, path) as writer:
        writer.kill()
        writer.wait()
    assert len(list(directory.iterdir())) > 1
    return path


def bytes_of(directory: Path) -> dict[str, object]:
    """Bytes, modes and times; inodes may differ."""
    return {name: values[1:] for name, values in seen(directory).items()}


def refused(path: Path) -> LegacyError:
    before = seen(path.parent)
    with pytest.raises(LegacyError) as error:
        roll_back(path, patience=0.1)
    assert seen(path.parent) == before
    return error.value


@pytest.mark.parametrize("name", [name for name in READABLE if "004" not in name and "stub" not in name])
def test_every_file_comes_back_byte_for_byte_with_mode_and_time(name: str, tmp_path: Path) -> None:
    path = fixture(name, tmp_path)
    path.chmod(0o644)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    before = bytes_of(tmp_path)
    migrate(path, now=NOW)
    assert bytes_of(tmp_path) != before
    assert roll_back(path).lost == ()
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "code"), [("v2c_large.db", IN_LOG), ("j9_large.db", IN_LOG), ("j9_large.db", IN_JOURNAL)]
)
def test_a_log_or_a_journal_that_lay_beside_it_comes_back_too(name: str, code: str, tmp_path: Path) -> None:
    path = crashed(name, code, tmp_path)
    before = bytes_of(tmp_path)
    migrate(path, now=NOW)
    assert {one.name for one in tmp_path.iterdir() if "before" not in one.name} - {f"{path.name}-shm"} == {path.name}
    roll_back(path)
    assert bytes_of(tmp_path) == before


def test_what_was_written_after_the_migration_is_not_lost_unasked(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    before = bytes_of(tmp_path)
    migrate(path, now=NOW)
    changed(
        path,
        "DELETE FROM models WHERE name = (SELECT name FROM models LIMIT 1)",
        "UPDATE router_config SET value = '{}'",
    )

    error = refused(path)

    assert error.kind == "changed"
    assert error.detail.splitlines() == [
        "`models`: 3 rows after the migration, 2 now",
        "`router_config`: some of its 1 rows changed",
    ]
    assert "--discard-changes" in error.hint
    assert len(roll_back(path, discard=True).lost) == 2
    assert bytes_of(tmp_path) == before


def test_a_file_that_only_lies_otherwise_on_the_disk_was_not_changed(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    before = bytes_of(tmp_path)
    migrate(path, now=NOW)
    changed(path, "PRAGMA journal_mode = WAL", "VACUUM")
    roll_back(path)
    assert bytes_of(tmp_path) == before


def test_a_file_that_was_damaged_since_comes_back_on_demand(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    before = bytes_of(tmp_path)
    migrate(path, now=NOW)
    os.truncate(path, 5000)
    assert refused(path).kind == "corrupt"
    assert roll_back(path, discard=True).lost == ("all of it: the file is damaged",)
    assert bytes_of(tmp_path) == before


def test_without_a_copy_there_is_no_way_back(tmp_path: Path) -> None:
    assert refused(fixture("m004b_small.db", tmp_path)).kind == "no_copy"


@pytest.mark.parametrize("spoilt", ["copy", "list", "gone"])
def test_a_copy_that_is_not_what_was_copied_is_not_used(tmp_path: Path, spoilt: str) -> None:
    path = fixture("j9_small.db", tmp_path)
    copy = migrate(path, now=NOW).copy
    assert copy
    if spoilt == "copy":
        copy.write_bytes(copy.read_bytes() + b" ")
    elif spoilt == "gone":
        copy.unlink()
    else:
        copy.with_name(f"{copy.name}.json").write_text("{")
    assert refused(path).kind == "corrupt"


def test_while_the_dashboard_runs_nothing_is_restored(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    migrate(path, now=NOW)
    with another("database.execute('SELECT * FROM models').fetchall()", path):
        assert refused(path).kind == "busy"


def test_migrating_again_after_the_way_back_starts_anew(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    before = bytes_of(tmp_path)
    for _ in range(3):
        migrate(path, now=NOW)
        roll_back(path)
    assert bytes_of(tmp_path) == before


@pytest.mark.timeout(60 + KILLS)
@pytest.mark.parametrize(("name", "code"), [("j9_large.db", ""), ("v2c_large.db", IN_LOG), ("j9_large.db", IN_JOURNAL)])
def test_killed_at_any_moment_it_is_the_old_or_the_new_state(name: str, code: str, tmp_path: Path) -> None:
    template, place = tmp_path / "template", tmp_path / "place"
    template.mkdir()
    place.mkdir()
    path = crashed(name, code, template) if code else fixture(name, template)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    # What is killed leaves its private copies where temporary files go.
    environment["TMPDIR"] = str(tmp_path)
    program = [sys.executable, "-m", "tests.support.killed", str(path), str(place), str(KILLS), "4"]
    done = subprocess.run(
        program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50 + KILLS, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_on_a_full_disk_the_way_back_is_open(small_disk: Path) -> None:
    path = fixture("j9_large.db", small_disk)
    before = bytes_of(small_disk)
    migrate(path, now=NOW)
    with (small_disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert not os.statvfs(small_disk).f_bfree
    roll_back(path)
    (small_disk / "filler").unlink()
    assert bytes_of(small_disk) == before
