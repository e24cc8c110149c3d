"""What is in a store, and how large it is. Read-only, and of any version."""

import os
import shutil
import sqlite3
from pathlib import Path

from reconciler.domain.stored import StoredFile, StoredPart, StoreInfo
from reconciler.errors import StoreError
from reconciler.store.layout import METRICS, STORE, is_there
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.migrations import STORE_KIND, Kind
from reconciler.store.raw import quoted, raw, tables
from reconciler.store.reader import Store
from reconciler.store.sqlite_build import mode_for

_OURS = (STORE, METRICS)
_CATALOGUE = ("sqlite_schema", "sqlite_master")
"""Where SQLite keeps the statements of all tables, as newer and older ones call it."""


def store_info(directory: Path) -> StoreInfo:
    """
    All of it.

    Raises:
        StoreError: there is none, or it is newer than the program, or damaged.
    """
    described = file_info(directory)
    with Store.open(directory) as store:
        record = store.record()
    return StoreInfo(
        directory=str(directory),
        lineage=record.lineage,
        serial=record.serial,
        fleet=record.fleet,
        generation=record.generation,
        resources=len(record.resources),
        store=described,
        metrics=_metrics(directory),
        beside=_beside(directory),
        disk_free=shutil.disk_usage(directory).free,
    )


def file_info(directory: Path, kind: Kind = STORE_KIND) -> StoredFile:
    """
    One of the database files.

    Raises:
        StoreError: there is none, or it is newer than the program, or damaged.
    """
    path = directory / kind.file
    with raw(directory, kind) as (connection, version):
        sizes = _sizes(connection)
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        return StoredFile(
            path=str(path),
            version=version,
            newest=len(kind.migrations),
            size=path.stat().st_size,
            free=page * connection.execute("PRAGMA freelist_count").fetchone()[0],
            journal_mode=_journal_mode(connection, directory),
            exact=sizes is not None,
            parts=_parts(connection, sizes),
        )


def _metrics(directory: Path) -> StoredFile | None:
    try:
        return file_info(directory, METRICS_KIND) if is_there(directory / METRICS) else None
    except StoreError:
        # It may be lost; `store check` says what is wrong with it.
        return None


def _journal_mode(connection: sqlite3.Connection, directory: Path) -> str:
    """As the next writer has it: of the modes, a file remembers WAL alone."""
    found: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return found if found == "wal" else mode_for(directory)


def _sizes(connection: sqlite3.Connection) -> dict[str, int] | None:
    """Bytes by name, where this SQLite was built with `dbstat` (https://sqlite.org/dbstat.html)."""
    try:
        return dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    except sqlite3.OperationalError:
        return None


def _parts(connection: sqlite3.Connection, sizes: dict[str, int] | None) -> tuple[StoredPart, ...]:
    found = []
    if sizes is not None:
        rows = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        size = next((sizes[one] for one in _CATALOGUE if one in sizes), 0)
        found.append(StoredPart(name=_CATALOGUE[0], kind="table", table=_CATALOGUE[0], rows=rows, size=size))
    for name in tables(connection):
        rows = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]  # noqa: S608 - quoted
        size = _content(connection, name) if sizes is None else sizes.get(name, 0)
        found.append(StoredPart(name=name, kind="table", table=name, rows=rows, size=size))
        indexes = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? ORDER BY name", (name,)
        )
        found += [
            StoredPart(
                name=index, kind="index", table=name, rows=None, size=None if sizes is None else sizes.get(index, 0)
            )
            for (index,) in indexes
        ]
    return tuple(found)


def _content(connection: sqlite3.Connection, table: str) -> int:
    """Bytes of all values, which is less than what they take."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]
    lengths = " + ".join(f"coalesce(length(CAST({quoted(one)} AS BLOB)), 0)" for one in columns)
    size: int = connection.execute(f"SELECT coalesce(sum({lengths}), 0) FROM {quoted(table)}").fetchone()[0]  # noqa: S608 - quoted
    return size


def _beside(directory: Path) -> dict[str, int]:
    with os.scandir(directory) as entries:
        found = sorted((one for one in entries if one.name not in _OURS), key=lambda one: one.name)
    return {f"{one.name}/" if one.is_dir() else one.name: _bytes(Path(one.path)) for one in found}


def _bytes(path: Path) -> int:
    """Of a file, or of all files below a folder; what goes away meanwhile counts nothing."""
    below = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    total = 0
    for one in below:
        try:
            total += one.stat().st_size
        except FileNotFoundError:
            continue
    return total
