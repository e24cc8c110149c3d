"""Databases of the dashboard: the real ones in `tests/fixtures/legacy`, and what they are expected to give."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures" / "legacy"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expected.json").read_text())["files"]
READABLE = [name for name, entry in EXPECTED.items() if entry["result"] == "ok"]
REFUSED = [name for name, entry in EXPECTED.items() if entry["result"] == "refuse"]
COLUMNS: list[dict[str, Any]] = json.loads((FIXTURES / "legacy_columns.json").read_text())


def fixture(name: str, to: Path) -> Path:
    """A copy of a database that a test may change."""
    target = to / name
    shutil.copyfile(FIXTURES / name, target)
    return target


def changed(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> Path:
    """The same file after these statements, each on its own."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in statements:
            connection.execute(*((one,) if isinstance(one, str) else one))
    return path


def seen(directory: Path) -> dict[str, tuple[object, ...]]:
    """All that could tell a write: what lies in a directory, with bytes, inode, mode and times."""
    files = sorted(directory.rglob("*"))
    stats = {file: file.stat(follow_symlinks=False) for file in files}
    return {
        str(file.relative_to(directory)): (
            stats[file].st_ino,
            stats[file].st_mode,
            stats[file].st_mtime_ns,
            file.read_bytes() if file.is_file() else None,
        )
        for file in files
    }


@contextmanager
def another(code: str, path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program that has the file open as `database` (a connection) and said that it is ready; killed at the end."""
    lines = (
        "import sqlite3, sys, time",
        "database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)",
        dedent(code),
        "print('ready', flush=True)",
        "time.sleep(60)",
    )
    with subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines), str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
