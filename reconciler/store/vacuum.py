"""Writing a store anew without its holes."""

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from reconciler.domain.stored import Vacuumed
from reconciler.errors import StoreError
from reconciler.store.failures import explained
from reconciler.store.migrations import STORE_KIND, Kind
from reconciler.store.opening import connect
from reconciler.store.raw import raw


def vacuum(directory: Path, kind: Kind = STORE_KIND) -> Vacuumed:
    """
    Gives free pages back to the disk. The caller holds the lock.

    Raises:
        StoreError: there is none, it cannot be read, or there is no room; it is as it was before then.
    """
    path = directory / kind.file
    with raw(directory, kind):
        before = path.stat().st_size
    # SQLite writes it anew among the temporary files, and keeps the old pages in a journal until the end.
    _require_room(path, directory, before)
    _require_room(path, Path(os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir()), before)
    with explained(path), closing(connect(path, "rw")) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Vacuumed(path=str(path), before=before, after=path.stat().st_size)


def _require_room(path: Path, folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StoreError(
            f"there is no room to vacuum `{path}`",
            detail=f"expected {size} bytes free in `{folder}`, got {free}",
            hint="make room there, then try again",
        )
