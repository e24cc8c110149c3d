"""Two programs that open an older store at the same moment: one migrates, the other waits and finds it done."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from reconciler.store import database
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS, Migration
from reconciler.store.opening import open_file
from tests.support.python import environment
from tests.support.stores import fill, open_writer

SLOW = (
    *MIGRATIONS,
    Migration(
        "slow",
        (
            "CREATE TABLE counted (x INTEGER) STRICT",
            """
            INSERT INTO counted
            WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 200000) SELECT x FROM n
            """,
        ),
    ),
    Migration("after it", ("UPDATE counted SET x = x + 1 WHERE x < 3",)),
)

PROGRAM = """
import sys
from pathlib import Path
from threading import Timer
from reconciler.store import database
from tests.unit.store.test_two_at_once import SLOW
if sys.argv[2]:
    database.journal_mode = lambda *_, **__: sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
opened = database.Database.for_writing(Path(sys.argv[1]), now=1.0, migrations=SLOW)
print(opened.rows("SELECT count(*), sum(x) FROM counted"))
"""


@pytest.mark.invariant("I31")
@pytest.mark.parametrize("mode", ["", "wal"])
@pytest.mark.parametrize("made", [True, False], ids=["older", "none yet"])
def test_one_migrates_and_the_others_find_it_done(tmp_path: Path, mode: str, made: bool) -> None:  # noqa: FBT001 - a case
    if made:
        with open_writer(tmp_path) as writer:
            fill(writer)
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), mode]
    programs = [
        subprocess.Popen(
            words, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for one in programs:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in programs:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    ended = [one.communicate(timeout=50) for one in programs]

    assert ended == [(f"[({200000}, {200000 * 200001 // 2 + 2})]\n", "")] * 4
    with closing(open_file(tmp_path / "store.db")) as raw:
        assert raw.execute("SELECT count(*) FROM migrations").fetchone() == (len(SLOW),)
    # Who comes in between two migrations of another keeps what he finds, too.
    assert len(list((tmp_path / "backups").glob(f"store-v{len(MIGRATIONS)}-*"))) >= int(made)


@pytest.mark.invariant("I31", "I32")
def test_a_reader_sees_a_store_before_or_after_but_never_between(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), ""]
    with subprocess.Popen(
        words, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin
        program.stdin.write("\n")
        program.stdin.flush()
        seen = set()
        while program.poll() is None:
            with closing(Database.for_reading(tmp_path, SLOW)) as opened:
                seen.add((opened.pending, *opened.rows("SELECT count(*), sum(x) FROM counted")))
        assert program.returncode == 0

    complete = (200000, 200000 * 200001 // 2 + 2)
    assert seen <= {(2, complete), (1, complete), (0, complete)}


@pytest.mark.invariant("I32")
@pytest.mark.parametrize("held", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM metadata"])
def test_who_changes_the_journal_waits_for_whoever_is_there(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_writer(tmp_path).close()
    monkeypatch.setattr(database, "journal_mode", lambda *_, **__: "wal")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None, check_same_thread=False)) as other:
        for statement in held.split("; "):
            other.execute(statement).fetchall()
        timer = Timer(0.2, other.execute, ["ROLLBACK"])
        timer.start()
        with closing(Database.for_writing(tmp_path, now=1.0)) as opened:
            assert opened.rows("PRAGMA journal_mode") == [("wal",)]
        timer.join()
