"""
The locks that SQLite's programs take on a database, taken the same way: with fcntl on a descriptor that only reads.

So a writer waits for us and we for it, and nothing is written: SQLite itself would make `-shm` beside the file.
Which byte means what: https://sqlite.org/src/file/src/os.h (pending, shared) and src/wal.c (checkpoint).
"""

import fcntl
import os
import struct

_PENDING = 0x40000000
_SHARED = _PENDING + 2
_SHARED_SIZE = 510
_WAL_CHECKPOINT = 121

# Locks of the descriptor, not of the process: closing another descriptor of the file must not drop them.
_SET = getattr(fcntl, "F_OFD_SETLK", fcntl.F_SETLK)
_FLOCK = "hhqqixxxx" if hasattr(fcntl, "F_OFD_SETLK") else ""


def lock_shared(descriptor: int) -> bool:
    """Keeps every writer from changing the file until it is closed; says whether that could be had now."""
    if not _lock(descriptor, _PENDING, 1):
        return False
    got = _lock(descriptor, _SHARED, _SHARED_SIZE)
    _lock(descriptor, _PENDING, 1, release=True)
    return got


def lock_checkpoints(descriptor: int) -> bool:
    """The same for the index of a write-ahead log (`-shm`): nobody moves the log into the database meanwhile."""
    return _lock(descriptor, _WAL_CHECKPOINT, 1)


def _lock(descriptor: int, start: int, length: int, *, release: bool = False) -> bool:
    kind = fcntl.LOCK_UN if release else fcntl.LOCK_SH
    try:
        if _FLOCK:
            type_ = fcntl.F_UNLCK if release else fcntl.F_RDLCK
            fcntl.fcntl(descriptor, _SET, struct.pack(_FLOCK, type_, os.SEEK_SET, start, length, 0))
        else:
            fcntl.lockf(descriptor, kind if release else kind | fcntl.LOCK_NB, length, start, os.SEEK_SET)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # A file system without locks: the caller compares before and after.
        return True
    return True
