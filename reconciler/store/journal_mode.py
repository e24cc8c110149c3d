"""Which journal a store may use. Pure: told the version of SQLite and whether the disk is our own."""

from typing import Literal

JournalMode = Literal["wal", "truncate"]

_FIXED = (3, 51, 3)
_FIXED_LINES = {(3, 44): 6, (3, 50): 7}
"""Older lines that got the fix, with the patch release from which on they have it."""


def journal_mode(version: tuple[int, ...], *, local: bool) -> JournalMode:
    """
    The mode that loses nothing here.

    SQLite from 3.7.0 on can damage a WAL database when one connection writes while another checkpoints, until it was
    mended (https://sqlite.org/wal.html, "The WAL-Reset Bug"); and WAL needs memory that all its users share, so a
    disk of the network is out.
    """
    return "wal" if local and _mended(version) else "truncate"


def _mended(version: tuple[int, ...]) -> bool:
    line, patch = version[:2], version[2]
    return version >= _FIXED or (line in _FIXED_LINES and patch >= _FIXED_LINES[line])
