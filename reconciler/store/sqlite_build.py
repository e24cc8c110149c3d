"""Which SQLite this Python has, and what a store may do with it: for those who look at the machine."""

import sqlite3
from pathlib import Path

from reconciler.store.filesystem import is_local
from reconciler.store.journal_mode import JournalMode, journal_mode

SQLITE_VERSION = sqlite3.sqlite_version


def mode_for(directory: Path) -> JournalMode:
    """The journal that a store in this directory uses."""
    return journal_mode(sqlite3.sqlite_version_info, local=is_local(directory))
