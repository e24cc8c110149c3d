"""Taking over a dashboard's database of 300 models, beside bare sqlite3 and PyYAML doing no more than copying it."""

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Row

SOURCES = Path(__file__).parents[1] / "tests" / "fixtures" / "legacy"
FILES = ("v2c_large.db", "j9_large.db")
LIMIT = 1.0
COPY = """
import sqlite3, sys, yaml
database = sqlite3.connect(sys.argv[1])
database.row_factory = sqlite3.Row
tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
rows = {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for name in tables}
models = {row["name"]: {key: value for key, value in row.items() if value is not None} for row in rows["models"]}
yaml.dump({"models": models}, open(sys.argv[2], "w"), Dumper=yaml.CSafeDumper, allow_unicode=True)
"""


def measure(repetitions: int) -> list[Row]:
    """One row for each file."""
    return [_row(name, repetitions) for name in FILES]


def _row(name: str, repetitions: int) -> Row:
    with TemporaryDirectory(prefix="reconcile-bench-") as directory:
        place = Path(directory)
        source = Path(shutil.copy(SOURCES / name, place))
        with closing(sqlite3.connect(source)) as database:
            (models,) = database.execute("SELECT count(*) FROM models").fetchone()
        turns = [(_import(source, place), _copy(source, place)) for _ in range(repetitions + 1)][1:]
    ours, theirs = zip(*turns, strict=True)
    what = f"import legacy, {models} models of `{name}`"
    return Row(what=what, ours=ours, against="sqlite3 and PyYAML", other=theirs, limit=LIMIT)


def _import(source: Path, place: Path) -> float:
    target = place / "fleet.yaml"
    target.unlink(missing_ok=True)
    words = ("import", "legacy", str(source), "-o", str(target), "--store", str(place / "state"))
    return _seconds(sys.executable, "-m", "reconciler", *words)


def _copy(source: Path, place: Path) -> float:
    return _seconds(sys.executable, "-c", COPY, str(source), str(place / "copy.yaml"))


def _seconds(*words: str) -> float:
    began = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - began
