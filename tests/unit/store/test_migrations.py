"""A store is of one version or of the next, whatever happens in between."""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.errors import StoreError
from reconciler.store import Store
from reconciler.store.database import Database
from reconciler.store.migrations import APPLICATION, MIGRATIONS, Migration
from reconciler.store.records import read_record
from tests.support.python import run_python
from tests.support.stores import FILLED, NOW, fill, open_writer

SECOND = Migration(
    "second",
    (
        "CREATE TABLE extra (x BLOB) STRICT",
        # More than the page cache holds, so that pages reach the file long before the commit.
        "INSERT INTO extra VALUES (zeroblob(3000000))",
        "ALTER TABLE resources ADD COLUMN note TEXT",
        "UPDATE resources SET note = 'migrated'",
    ),
)
TWO = (*MIGRATIONS, SECOND)
NEWEST, NEXT = len(MIGRATIONS), len(TWO)
BACKUP = f"backups/store-v{NEWEST}-20231114T221320Z.db"


@pytest.fixture(name="first")
def store_of_the_first_version(tmp_path: Path) -> Path:
    with open_writer(tmp_path) as writer:
        fill(writer)
    return tmp_path


def migrate_to(directory: Path, migrations: Sequence[Migration]) -> None:
    Database.for_writing(directory, now=NOW, migrations=migrations).close()


def look(path: Path) -> tuple[int, int]:
    """The version, and how much of the second migration is there; undoes what a killed writer left half done."""
    raw = sqlite3.connect(path)
    try:
        version = raw.execute("PRAGMA user_version").fetchone()[0]
        parts = raw.execute(
            "SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'extra')"
            " + (SELECT count(*) FROM pragma_table_info('resources') WHERE name = 'note')"
        ).fetchone()[0]
        return version, parts
    finally:
        raw.close()


@pytest.mark.invariant("I17")
def test_a_released_migration_never_changes() -> None:
    assert [(one.name, one.checksum[:16]) for one in MIGRATIONS] == [
        ("first", "24e67b8ef3e116f0"),
        ("normalized", "eeb03e427cd8eb3a"),
        ("history", "1571b3404d9e9562"),
    ]


def test_a_store_says_what_it_is(first: Path) -> None:
    raw = sqlite3.connect(first / "store.db")
    application = raw.execute("PRAGMA application_id").fetchone()[0]
    tables = raw.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'"
    )

    assert application == APPLICATION
    assert set(tables) == {
        (name, 1)
        for name in (
            "metadata", "migrations", "resources", "instances", "conditions", "runs", "steps", "generations", "events",
            "models", "model_sampling_config", "model_memory_config", "model_gpu_config", "model_advanced_config",
            "model_lora_config", "model_multimodal_config", "model_speculative_config", "model_files",
            "model_server_config", "router_config", "processes", "logging_config", "endpoints", "secrets", "logs",
            "hold",
        )
    }  # fmt: skip
    raw.close()


@pytest.mark.invariant("I31")
def test_a_migration_keeps_what_was_there_and_a_backup(first: Path) -> None:
    migrate_to(first, TWO)

    assert look(first / "store.db") == (NEXT, 2)
    shutil.copy(first / BACKUP, first / "store.db")
    with Store.open(first) as restored:
        assert restored.record() == FILLED
    assert [path.name for path in (first / "backups").iterdir()] == [Path(BACKUP).name]
    assert (first / BACKUP).stat().st_mode & 0o777 == 0o600


def test_a_new_store_needs_no_backup(tmp_path: Path) -> None:
    migrate_to(tmp_path, TWO)

    assert look(tmp_path / "store.db") == (NEXT, 2)
    assert not list((tmp_path / "backups").iterdir())


@pytest.mark.invariant("I32")
def test_a_reader_sees_an_older_store_in_the_new_form_and_leaves_it(first: Path) -> None:
    before = (first / "store.db").read_bytes()
    database = Database.for_reading(first, TWO)

    assert database.rows("SELECT DISTINCT note FROM resources") == [("migrated",)]
    assert read_record(database).migration_pending == (
        "`reconcile apply` migrates the store (1 step), after a backup of it"
    )
    database.close()
    assert (first / "store.db").read_bytes() == before
    assert not list((first / "backups").iterdir())


@pytest.mark.invariant("I31")
def test_a_store_that_is_newer_than_the_program_is_refused_untouched(first: Path) -> None:
    migrate_to(first, TWO)
    before = (first / "store.db").read_bytes()
    for open_it in (Store.open, open_writer):
        with pytest.raises(StoreError, match=f"has version {NEXT}; this program knows versions up to {NEWEST}"):
            open_it(first)
    assert (first / "store.db").read_bytes() == before


@pytest.mark.invariant("I31")
def test_a_migration_that_is_not_the_one_that_was_applied_is_refused(first: Path) -> None:
    other = (Migration("first", (*MIGRATIONS[0].statements, "CREATE TABLE more (x) STRICT")), *MIGRATIONS[1:])

    with pytest.raises(StoreError, match="another line of llama-reconciler") as caught:
        Database.for_reading(first, other)
    assert caught.value.detail.startswith("migration 1: expected `first` ")


def test_a_database_of_somebody_else_is_refused(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "store.db")
    raw.execute("CREATE TABLE theirs (x)")
    raw.close()

    for open_it in (Store.open, open_writer):
        with pytest.raises(StoreError, match="not a store of llama-reconciler"):
            open_it(tmp_path)


@pytest.mark.invariant("I31")
def test_a_migration_that_would_break_references_is_undone(first: Path) -> None:
    breaking = Migration("breaking", ("DELETE FROM runs",))

    with pytest.raises(StoreError, match="would leave 5 rows that point nowhere"):
        migrate_to(first, (*MIGRATIONS, breaking))
    assert look(first / "store.db") == (NEWEST, 0)


KILLED_AT = """
import os, signal, sqlite3, sys
from pathlib import Path
from reconciler.store.database import Database
from tests.unit.store.test_migrations import NOW, TWO

left = int(sys.argv[2])

def count(_statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def connect(*arguments, real=sqlite3.connect, **options):
    connection = real(*arguments, **options)
    connection.set_trace_callback(count)
    return connection

sqlite3.connect = connect
Database.for_writing(Path(sys.argv[1]), now=NOW, migrations=TWO).close()
"""


@pytest.mark.invariant("I31")
def test_a_migration_is_all_or_nothing_under_kill_9(tmp_path: Path) -> None:
    versions = []
    for statement in range(1, 100, 3):
        directory = tmp_path / str(statement)
        with open_writer(directory) as writer:
            fill(writer)
        killed = run_python(KILLED_AT, directory, statement)
        assert killed.returncode in {0, -9}, killed.stderr
        database = Database.for_reading(directory, TWO)
        assert read_record(database).resources == FILLED.resources
        database.close()
        versions.append(look(directory / "store.db"))
        migrate_to(directory, TWO)
        assert look(directory / "store.db") == (NEXT, 2)
        if killed.returncode == 0:
            break

    assert set(versions[:-1]) <= {(NEWEST, 0), (NEXT, 2)}
    assert versions[-1] == (NEXT, 2)
    assert len(versions) > 5


FULL = """
import resource, sys
from pathlib import Path
from reconciler.errors import StoreError
from reconciler.store.database import Database
from tests.unit.store.test_migrations import NOW, TWO

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    Database.for_writing(Path(sys.argv[1]), now=NOW, migrations=TWO)
except StoreError as error:
    print(error.summary)
"""


@pytest.mark.invariant("I31", "I34")
@pytest.mark.parametrize("quota", [1000, 20_000, 200_000, 2_000_000], ids=str)
def test_a_migration_on_a_full_disk_leaves_the_version_before(first: Path, quota: int) -> None:
    done = run_python(FULL, first, quota)

    assert done.returncode == 0, done.stderr
    assert "cannot be" in done.stdout
    assert look(first / "store.db") == (NEWEST, 0)
    backups = list((first / "backups").iterdir())
    assert [path.suffix for path in backups] == ([".db"] if quota >= 200_000 else [])
