"""A copy of the store that was read back before it is relied on."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.layout import BACKUPS


def back_up(connection: sqlite3.Connection, path: Path, *, version: int, now: float) -> Path:
    """
    Writes `backups/store-vVERSION-TIME.db` and returns its path. A file of that name is whole and was checked.

    Raises:
        StoreError: when the copy is not what it should be; there is no such file then.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    target = path.parent / BACKUPS / f"store-v{version}-{stamp}.db"
    aside = target.with_suffix(".part")
    try:
        os.close(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        _copy(connection, aside)
        _to_disk(aside)
        aside.replace(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        aside.unlink(missing_ok=True)
        raise StoreError(
            f"the backup `{target}` cannot be made: {error}",
            detail=f"the store `{path}` was not touched",
            hint="make room on the disk, then try again",
        ) from error
    return target


def _copy(connection: sqlite3.Connection, aside: Path) -> None:
    with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
        # A copy has the header of its source; in WAL mode its newest pages would lie in a file beside it.
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        if (answer := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(answer)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
