"""Looking for what is wrong with a store: damage, foreign hands, modes. Finds all of it and mends nothing."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from reconciler.domain.stored import Finding
from reconciler.errors import StoreError
from reconciler.store import metadata
from reconciler.store.database import Database
from reconciler.store.drift import drift
from reconciler.store.failures import UnusableStoreError, explained, way_out
from reconciler.store.layout import BACKUPS, FOLDERS, METRICS, STORE, is_there, read_lineage
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.migrations import STORE_KIND, Kind
from reconciler.store.opening import open_file
from reconciler.store.raw import existing, raw

_MANY = 100
"""Findings of one kind; whoever has more has enough."""


def examine(directory: Path) -> Iterator[Finding]:
    """
    All that can be said without knowing what the documents mean.

    Raises:
        StoreError: there is no store, or the host does not let us read it.
    """
    existing(directory)
    yield from _file(directory, STORE_KIND)
    yield from _lineage(directory)
    if is_there(directory / METRICS):
        yield from _file(directory, METRICS_KIND)
    yield from _modes(directory)
    yield from _backups(directory)


def _file(directory: Path, kind: Kind) -> Iterator[Finding]:
    path = directory / kind.file
    try:
        yield from _pages(path)
        with raw(directory, kind) as (connection, version):
            yield from _references(connection, path)
            for one in drift(connection, kind, version):
                fix = f"undo it with the `sqlite3` command, or {way_out(path)}"
                yield Finding(what="schema", found=f"`{kind.file}`: {one}", fix=fix)
    except UnusableStoreError as error:
        found = f"{error.summary}: {error.detail}" if error.detail else error.summary
        yield Finding(what="migrations" if "migration" in found else "file", found=found, fix=error.hint)


def _pages(path: Path) -> Iterator[Finding]:
    with explained(path):
        connection = open_file(path)
        try:
            answers = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MANY})")]
        finally:
            connection.close()
    for answer in answers:
        if answer != "ok":
            yield Finding(what="integrity", found=f"`{path.name}`: {answer}", fix=way_out(path))


def _references(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_MANY):
        which = "a row" if row is None else f"row {row}"
        found = f"`{path.name}`: {which} of table `{table}` points to a row of `{parent}` that is not there"
        yield Finding(what="references", found=found, fix=way_out(path))


def _lineage(directory: Path) -> Iterator[Finding]:
    try:
        database = Database.for_reading(directory)
    except UnusableStoreError:
        # Told already, with its reason.
        return
    try:
        with database.reading():
            inside = metadata.read(database).get("lineage", "")
    finally:
        database.close()
    beside = read_lineage(directory)
    if beside != inside:
        found = f"the store has `{inside or 'none'}`, `run/lineage` says `{beside or 'none'}`"
        fix = "the next `reconcile apply` writes what is missing from the other; servers carry it as their mark"
        yield Finding(what="lineage", found=found, fix=fix)


def _modes(directory: Path) -> Iterator[Finding]:
    yield from _mode(directory, 0o700)
    for name in FOLDERS:
        yield from _mode(directory / name, 0o700)
    for name in (STORE, METRICS, "fingerprint.key", "run/lineage"):
        yield from _mode(directory / name, 0o600)
    for one in sorted((directory / BACKUPS).glob("*.db")):
        yield from _mode(one, 0o600)


def _mode(path: Path, wanted: int) -> Iterator[Finding]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(what="modes", found=f"`{path}`: {error.strerror}", fix="mend the owner and mode of its directory")
        return
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        said = f"others can look into `{path}`: expected mode {wanted:o}, got {mode:o}"
        yield Finding(what="modes", found=said, fix=f"`chmod {wanted:o} {quote(str(path))}`")
    if found.st_uid != os.geteuid():
        said = f"`{path}` belongs to uid {found.st_uid}, and you are uid {os.geteuid()}"
        yield Finding(what="modes", found=said, fix=f"`chown {os.geteuid()} {path}`, or run as its owner")


def _backups(directory: Path) -> Iterator[Finding]:
    """A backup that cannot be read is worse than none: somebody counts on it."""
    for one in sorted((directory / BACKUPS).glob(f"{Path(STORE).stem}-v*.db")):
        try:
            broken = [found.found for found in _pages(one)]
        except StoreError as error:
            broken = [error.detail or error.summary]
        if broken:
            said = f"the backup `{one}` is damaged: {broken[0]}"
            yield Finding(what="backups", found=said, fix=f"`rm {quote(str(one))}`")
