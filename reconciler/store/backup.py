"""A copy of the store that was read back before it is relied on."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.failures import DAMAGED, damaged, primary
from reconciler.store.layout import backup_folder
from reconciler.store.opening import open_file

_PART = ".part"
_STALE = 3600.0
"""Seconds after which a half copy belongs to a program that was killed."""


def back_up(path: Path, *, version: int, now: float) -> Path:
    """
    Writes `backups/store-vVERSION-TIME.db` and returns its path. A file of that name is whole and was checked.

    Raises:
        StoreError: when the copy is not what it should be; there is no such file then.
    """
    target = free_name(backup_folder(path.parent), f"{path.stem}-v{version}", now)
    _clear_away(target.parent)
    write_copy(path, target)
    return target


def free_name(folder: Path, stem: str, now: float) -> Path:
    """`STEM-TIME.db`, with a number where two fall into one second."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    names = (f"{stem}-{stamp}{f'-{number}' if number > 1 else ''}.db" for number in range(1, 1_000_000))
    return next(folder / name for name in names if not (folder / name).exists())


def write_copy(path: Path, target: Path) -> None:
    """
    Copies a store, of one moment and while others write, to a file that only its owner can read.

    Raises:
        StoreError: when the copy is not what it should be; what was at its place is there still.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}{_PART}")
    try:
        os.close(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        copy_into(path, aside)
        to_disk(aside)
        aside.replace(target)
        to_disk(target.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.DatabaseError) and primary(error) in DAMAGED:
            raise damaged(path, str(error)) from error
        reason = error.strerror if isinstance(error, OSError) else error
        raise StoreError(
            f"the backup `{target}` cannot be made: {reason}",
            detail=f"the store `{path}` was not touched",
            hint="make room on the disk and mend its permissions, then try again",
        ) from error
    finally:
        for left in (aside, aside.with_name(f"{aside.name}-journal")):
            left.unlink(missing_ok=True)


def copy_into(path: Path, aside: Path) -> None:
    """
    Copies a database to another file and reads it back.

    Raises:
        UnusableStoreError: when the copy is damaged, which it is when the original was.
        sqlite3.DatabaseError: when it cannot be made.
    """
    with closing(open_file(path)) as source, closing(sqlite3.connect(aside, isolation_level=None)) as copy:
        # A copy has the header of its source; in WAL mode its newest pages would lie in a file beside it.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        if (answer := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise damaged(path, answer)


def to_disk(path: Path) -> None:
    """Returns when a file or directory is safe from a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear_away(folder: Path) -> None:
    """Half copies of programs that were killed."""
    for one in folder.glob(f".*{_PART}*"):
        if time.time() - one.stat().st_mtime > _STALE:
            one.unlink(missing_ok=True)
