"""A source is read whole and consistent, whoever else uses it, and nothing is ever written to it or beside it."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from hashlib import shake_128
from pathlib import Path

import pytest

from reconciler.errors import LegacyError
from reconciler.legacy.source import open_source
from tests.support.command import reconcile
from tests.support.legacy import another, changed, fixture, seen

PAGE = 4096


@pytest.fixture(autouse=True)
def _no_copy_stays(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> object:
    place = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    assert list(place.iterdir()) == []


def refused(path: Path, *, patience: float = 0.1) -> LegacyError:
    before = seen(path.parent)
    with pytest.raises(LegacyError) as error, open_source(path, patience=patience):
        pass
    assert seen(path.parent) == before
    assert path.name in error.value.summary
    assert error.value.hint
    return error.value


def noise(size: int) -> bytes:
    return shake_128(b"noise").digest(size)


def missing(directory: Path) -> Path:
    return directory / "none.db"


def a_directory(directory: Path) -> Path:
    (directory / "dir.db").mkdir()
    return directory / "dir.db"


def a_pipe(directory: Path) -> Path:
    os.mkfifo(directory / "pipe.db")
    return directory / "pipe.db"


def a_link_to_itself(directory: Path) -> Path:
    (directory / "loop.db").symlink_to(directory / "loop.db")
    return directory / "loop.db"


def encrypted(directory: Path) -> Path:
    (directory / "secret.db").write_bytes(noise(8 * PAGE))
    return directory / "secret.db"


def cut_in_its_header(directory: Path) -> Path:
    path = fixture("j9_small.db", directory)
    os.truncate(path, 60)
    return path


def cut_in_half(directory: Path) -> Path:
    path = fixture("j9_small.db", directory)
    os.truncate(path, path.stat().st_size // 2)
    return path


def cut_by_one_byte(directory: Path) -> Path:
    path = fixture("j9_small.db", directory)
    os.truncate(path, path.stat().st_size - 1)
    return path


def a_page_of_noise(directory: Path) -> Path:
    path = fixture("j9_large.db", directory)
    with path.open("r+b") as file:
        file.seek(9 * PAGE)
        file.write(noise(PAGE))
    return path


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (missing, "unreadable"),
        (a_directory, "unreadable"),
        (a_pipe, "unreadable"),
        (a_link_to_itself, "unreadable"),
        (encrypted, "not_sqlite"),
        (cut_in_its_header, "corrupt"),
        (cut_in_half, "corrupt"),
        (cut_by_one_byte, "corrupt"),
        (a_page_of_noise, "corrupt"),
    ],
)
def test_what_cannot_be_believed_is_refused_with_its_kind(
    made: Callable[[Path], Path], kind: str, tmp_path: Path
) -> None:
    assert refused(made(tmp_path)).kind == kind


def test_what_looks_random_is_said_to_be_encrypted(tmp_path: Path) -> None:
    assert "encrypted" in refused(encrypted(tmp_path)).detail


def test_of_what_lies_beside_the_file_the_one_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    path.with_name("j9_small.db-wal").mkdir()
    assert f"`{path}-wal` cannot be read" in refused(path).summary


def test_a_file_that_a_writer_keeps_locked_is_refused(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    with another("database.execute('BEGIN EXCLUSIVE')", path):
        error = refused(path)
    assert (error.kind, "stop the dashboard" in error.hint) == ("busy", True)


def test_a_writer_that_ends_in_time_is_waited_for(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    with another("database.execute('BEGIN EXCLUSIVE')", path) as writer:
        threading.Timer(0.3, writer.kill).start()
        with open_source(path, patience=20) as source:
            assert source.count("models") == 3


def test_a_program_that_only_has_it_open_is_no_hindrance(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    code = "database.execute('BEGIN IMMEDIATE'); database.execute('DELETE FROM models')"
    with another(code, path):
        before = seen(tmp_path)
        with open_source(path) as source:
            assert source.count("models") == 3
        assert seen(tmp_path) == before


@pytest.mark.parametrize("killed", [False, True])
def test_rows_that_are_only_in_the_log_are_there(tmp_path: Path, *, killed: bool) -> None:
    path = fixture("v2c_small.db", tmp_path)
    code = """\
        database.execute('PRAGMA journal_mode = WAL')
        database.execute("INSERT INTO metadata VALUES ('latecomer', 'x', 1)")
        """
    with another(code, path) as writer:
        if killed:
            writer.kill()
            writer.wait()
            (tmp_path / f"{path.name}-shm").unlink()
        before = seen(tmp_path)
        with open_source(path) as source:
            assert "latecomer" in [row["key"] for row in source.rows("metadata")]
        assert seen(tmp_path) == before
    assert b"latecomer" not in path.read_bytes()


def test_half_a_transaction_of_a_killed_writer_is_undone(tmp_path: Path) -> None:
    path = fixture("j9_large.db", tmp_path)
    code = """\
        database.execute('PRAGMA cache_size = 1')
        database.execute('BEGIN')
        database.execute("UPDATE models SET name = 'half' || name")
        """
    with another(code, path) as writer:
        writer.kill()
        writer.wait()
    assert b"half" in path.read_bytes()
    before = seen(tmp_path)

    with open_source(path) as source:
        assert not any(str(row["name"]).startswith("half") for row in source.rows("models"))

    assert f"{path.name}-journal" in before
    assert seen(tmp_path) == before


def test_through_a_link_the_log_of_the_real_file_counts(tmp_path: Path) -> None:
    path = fixture("v2c_small.db", tmp_path)
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    code = """\
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('DELETE FROM metadata')
        """
    with another(code, path), open_source(link) as source:
        assert source.count("metadata") == 0


@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
def test_a_copy_taken_while_somebody_writes_is_one_state(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "busy.db"
    rows = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i, 0, randomblob(900) FROM n"
    changed(
        path, f"PRAGMA journal_mode = {mode}", "CREATE TABLE models (id, turn, filler)", f"INSERT INTO models {rows}"
    )
    code = """\
        import threading
        database.execute('PRAGMA synchronous = OFF')
        database.execute('PRAGMA wal_autocheckpoint = 50')
        database.execute('PRAGMA cache_size = 20')
        def write():
            mine, turn = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30), 0
            while True:
                turn += 1
                mine.execute('UPDATE models SET turn = ?, filler = randomblob(900)', (turn,))
                time.sleep(0.005)
        threading.Thread(target=write, daemon=True).start()
        """
    turns: set[object] = set()
    with another(code, path):
        # Until the writer was seen at work, however slow the machine is.
        while len(turns) < 5:
            with open_source(path, patience=30) as source:
                found = [row["turn"] for row in source.rows("models")]
            assert len(found) == 400
            assert len(set(found)) == 1
            turns.add(found[0])


def test_text_in_another_encoding_comes_as_bytes(tmp_path: Path) -> None:
    path = changed(
        fixture("j9_small.db", tmp_path), "UPDATE models SET model_path = CAST(X'2F6D2FFC2E67677566' AS TEXT)"
    )
    with open_source(path) as source:
        assert {row["model_path"] for row in source.rows("models")} == {b"/m/\xfc.gguf"}


def test_names_of_tables_and_columns_are_compared_as_sqlite_does(tmp_path: Path) -> None:
    path = changed(
        tmp_path / "odd.db",
        'CREATE TABLE "Models" (ID, "Na""me", "select")',
        """INSERT INTO models VALUES (1, 'a', 2)""",
    )
    with open_source(path) as source:
        assert source.columns("models") == ("id", 'na"me', "select")
        assert list(source.rows("models")) == [{"id": 1, 'na"me': "a", "select": 2}]


def test_triggers_and_views_do_nothing(tmp_path: Path) -> None:
    path = changed(
        fixture("j9_small.db", tmp_path),
        "CREATE VIEW everything AS SELECT * FROM models",
        "CREATE TRIGGER late AFTER INSERT ON logs BEGIN DELETE FROM models; END",
    )
    with open_source(path) as source:
        assert "everything" not in source.tables
        assert source.count("models") == 3


def test_rows_that_break_the_dashboards_own_constraints_are_no_damage(tmp_path: Path) -> None:
    path = changed(
        fixture("v2c_small.db", tmp_path), "PRAGMA ignore_check_constraints = ON", "UPDATE models SET status = 'idle'"
    )
    with open_source(path) as source:
        assert {row["status"] for row in source.rows("models")} == {"idle"}


def test_the_order_is_that_of_the_file_and_not_of_an_index(tmp_path: Path) -> None:
    path = changed(
        tmp_path / "order.db",
        "CREATE TABLE models (name TEXT, path TEXT)",
        "CREATE INDEX all_of_it ON models (name, path)",
        "INSERT INTO models VALUES ('z', '1'), ('a', '2')",
    )
    with open_source(path) as source:
        assert [row["name"] for row in source.rows("models")] == ["z", "a"]


def test_a_failure_of_the_one_who_reads_stays_what_it_is(tmp_path: Path) -> None:
    path = fixture("j9_small.db", tmp_path)
    with pytest.raises(OSError, match="mine"), open_source(path):
        raise OSError("mine")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_for_the_copy_is_said_and_the_way_around_it(tmp_path: Path, small_disk: Path) -> None:
    path = fixture("j9_large.db", tmp_path)
    (small_disk / "filler").write_bytes(bytes(900_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(small_disk))
        error = refused(path)
    assert (error.kind, "TMPDIR" in error.hint) == ("unreadable", True)
    assert [one.name for one in small_disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("words", [("import", "legacy"), ("legacy", "migrate")])
def test_a_healthy_database_of_another_program_is_not_called_damaged(tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE things (x TEXT CHECK (json_valid(x)))")
    before = seen(tmp_path)

    ended = reconcile(*words, str(path), "--format", "json", cwd=tmp_path)

    assert ended.code == 1
    assert '"kind": "unknown_schema"' in json.dumps(json.loads(ended.out))
    assert seen(tmp_path) == before
