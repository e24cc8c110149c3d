"""What SQLite says when it fails, as errors that name the file, the reason and the way out."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join, quote

from reconciler.errors import StoreError
from reconciler.store.layout import BACKUPS, METRICS

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REASONS = {
    sqlite3.SQLITE_CORRUPT: ("is damaged", ""),
    sqlite3.SQLITE_NOTADB: ("is damaged: it is no SQLite database", ""),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", "make room"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "make room on the disk, or look at its errors with `dmesg`"),
    sqlite3.SQLITE_BUSY: ("is in use by another program", "end the program that holds it: `fuser -v {path}`"),
    sqlite3.SQLITE_LOCKED: ("is in use by another program", "end the program that holds it: `fuser -v {path}`"),
    sqlite3.SQLITE_READONLY: ("may not be written", "mend the owner and the mode of the file and its directory"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "mend the owner and the mode of the file and its directory"),
    sqlite3.SQLITE_PERM: ("cannot be opened", "mend the owner and the mode of the file and its directory"),
}
"""By primary result code (https://sqlite.org/rescode.html). What is missing here is a mistake of ours."""

_MISUSES = {
    "thread": ("was opened by another thread", "open it once in each thread that asks it"),
    "closed": ("is closed already", "ask it within its `with` block, or before `close`"),
}
"""By a word of what Python's module says."""


class UnusableStoreError(StoreError):
    """What is wrong is the content of the file, not the host: it is damaged, newer than the program, or no store."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """
    Turns failures of the host and of the file into errors for people; our own mistakes pass as they are.

    Raises:
        StoreError: in place of them.
    """
    try:
        yield
    except sqlite3.ProgrammingError as error:
        said = next((one for word, one in _MISUSES.items() if word in str(error)), None)
        if said is None:
            raise
        raise StoreError(f"the store `{path}` {said[0]}", hint=said[1]) from error
    except sqlite3.DatabaseError as error:
        code = primary(error)
        if code not in _REASONS:
            raise
        raise _error(path, code, error) from error


def primary(error: sqlite3.Error) -> int:
    """The result code without its extension; -1 where the error comes from Python's module itself."""
    code = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


def damaged(path: Path, detail: str) -> UnusableStoreError:
    """The error for a store that cannot be believed."""
    return UnusableStoreError(f"the store `{path}` is damaged", detail=detail, hint=way_out(path))


def _error(path: Path, code: int, error: sqlite3.Error) -> StoreError:
    reason, hint = _REASONS[code]
    summary, detail = f"the store `{path}` {reason}", f"SQLite says: {error}"
    if code in DAMAGED:
        return UnusableStoreError(summary, detail=detail, hint=way_out(path))
    return StoreError(summary, detail=detail, hint=hint.format(path=path))


def way_out(path: Path) -> str:
    """What to do about a file that is damaged."""
    if path.name == METRICS:
        return f"remove it (`rm {quote(str(path))}`): only measurements are lost"
    backups = sorted((path.parent / BACKUPS).glob("*.db"), key=lambda one: one.stat().st_mtime)
    move = join(["mv", str(path), f"{path}.damaged"])
    away = f"move it away (`{move}`): running servers are found again by their marks"
    if not backups:
        return away
    back = join(["reconcile", "store", "restore", str(backups[-1]), "--store", str(path.parent)])
    return f"go back to its last backup (`{back}`), or {away}"
