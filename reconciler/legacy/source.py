"""The door to SQLite for whoever reads: a source is a private copy, checked whole before anything of it is believed."""

import math
import shlex
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import file_digest
from pathlib import Path

from reconciler.errors import LegacyError
from reconciler.legacy.private_copy import no_room, private_copy

Row = Mapping[str, object]
"""Values by column, in lower case. Text that is not UTF-8 comes as bytes, as a BLOB does."""

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_PATIENCE = 5.0
"""Seconds to wait for a writer; transactions of the dashboard take milliseconds."""

_ORDINARY = frozenset({0, 2, 3})
"""`table_xinfo` hides with 1 what belongs to virtual tables; 2 and 3 are generated columns."""

_ABOUT_CONTENT = ("NULL value in ", "CHECK constraint failed in ", " value in ")
"""Findings of `integrity_check` about what a row says. The dashboard's own constraints are no damage to the file."""

_RANDOM = 7.0
"""Bits a byte of the first kilobytes: text has 4 to 5, programs 6, what is encrypted nearly 8."""

_SUSPECT = 4096


class Source:
    """The content of a database; valid inside the block of `open_source`."""

    def __init__(self, connection: sqlite3.Connection, path: Path, digest: str) -> None:
        self._connection = connection
        self.path = path
        self.digest = digest
        """sha256 of the file itself, without what lies beside it."""
        self._names = _tables(connection)
        self._columns: dict[str, tuple[str, ...]] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names in lower case, as SQLite compares them; without SQLite's own."""
        return tuple(self._names)

    def columns(self, table: str) -> tuple[str, ...]:
        """Names in lower case, in the order of the table; none where there is no such table."""
        if table not in self._columns:
            self._columns[table] = tuple(one.lower() for one in self._written(table))
        return self._columns[table]

    def rows(self, table: str) -> Iterator[Row]:
        """All rows in the order in which they were written; none where there is no such table."""
        written = self._written(table)
        if not written:
            return
        names = self.columns(table)
        # An index may cover a table and give another order.
        asked = f"SELECT {', '.join(map(_quoted, written))} FROM {_quoted(self._names[table])} NOT INDEXED"  # noqa: S608 - names of the file itself, quoted
        with explained(self.path):
            for row in self._connection.execute(asked):
                yield dict(zip(names, row, strict=True))

    def count(self, table: str) -> int:
        """Rows of a table; 0 where there is no such table."""
        if table not in self._names:
            return 0
        with explained(self.path):
            (found,) = self._connection.execute(f"SELECT count(*) FROM {_quoted(self._names[table])}").fetchone()  # noqa: S608 - as above
        return int(found)

    def unique(self, table: str) -> frozenset[tuple[str, ...]]:
        """The sets of columns that a table declares unique, its primary key left out."""
        if table not in self._names:
            return frozenset()
        found = self._pragma("index_list", self._names[table])
        named = (self._pragma("index_info", str(index[1])) for index in found if index[2] and index[3] != "pk")
        return frozenset(tuple(str(column[2]).lower() for column in index) for index in named)

    def not_null(self, table: str) -> frozenset[str]:
        """Columns that may not be NULL."""
        if table not in self._names:
            return frozenset()
        return frozenset(str(one[1]).lower() for one in self._pragma("table_xinfo", self._names[table]) if one[3])

    @property
    def indexes(self) -> frozenset[str]:
        """Names of all indexes that somebody created, in lower case."""
        found = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
        return frozenset(str(name).lower() for (name,) in found)

    def _written(self, table: str) -> tuple[str, ...]:
        if table not in self._names:
            return ()
        columns = self._pragma("table_xinfo", self._names[table])
        return tuple(one[1] for one in columns if isinstance(one[1], str) and one[6] in _ORDINARY)

    def _pragma(self, name: str, of: str) -> list[tuple[object, ...]]:
        with explained(self.path):
            return self._connection.execute(f"PRAGMA {name}({_quoted(of)})").fetchall()


@contextmanager
def open_source(path: Path, *, patience: float = _PATIENCE) -> Iterator[Source]:
    """
    The content of a database as it stands now, with what is still in its log or has to be undone by its journal.

    Raises:
        LegacyError: there is no such file, it is no SQLite database, damaged, empty, or held by a writer.
    """
    with _whole_copy(path, patience) as (connection, digest):
        yield Source(connection, path, digest)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite finds wrong with the copy of a file into an error for people."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise no_room(path) from error
        raise unbelievable(path, error) from error


def unbelievable(path: Path, error: Exception) -> LegacyError:
    """The error for what SQLite cannot read: damage, or a schema that wants to run what nobody has to trust."""
    said = f"SQLite says: {error}"
    if "unsafe use of" not in str(error):
        return damaged(path, said)
    return LegacyError(
        f"`{path}` has tables that no version of the dashboard made",
        kind="unknown_schema",
        detail=f"{said}; functions in the schema of a foreign file are not run",
        hint="name the dashboard's own database, or a copy of it without those tables",
    )


def damaged(path: Path, detail: str) -> LegacyError:
    """The error for a file whose content cannot be believed."""
    return LegacyError(
        f"`{path}` is damaged",
        kind="corrupt",
        detail=detail,
        hint="take a backup of the dashboard (`data/backup/`), or recover what can be read: "
        f"`sqlite3 {shlex.quote(str(path))} .recover | sqlite3 recovered.db`",
    )


@contextmanager
def _whole_copy(path: Path, patience: float) -> Iterator[tuple[sqlite3.Connection, str]]:
    with private_copy(path, patience=patience) as copy:
        digest = _checked_head(path, copy)
        with explained(path):
            connection = sqlite3.connect(copy, isolation_level=None)
        with closing(connection):
            with explained(path):
                _settle(connection)
            # What SQLite keeps open it can still read; secrets of the source stay on the disk no longer than that.
            copy.unlink()
            _check(connection, path)
            yield connection, digest


def _settle(connection: sqlite3.Connection) -> None:
    """Plays the journal back or the log in, and has everything in one file."""
    connection.text_factory = _text
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    connection.execute("PRAGMA query_only = ON")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    with explained(path):
        found = [str(one) for (one,) in connection.execute("PRAGMA integrity_check")]
    wrong = [one for one in found if one != "ok" and not any(part in one for part in _ABOUT_CONTENT)]
    if wrong:
        raise damaged(path, "SQLite says: " + "; ".join(wrong[:3]))


def _checked_head(path: Path, copy: Path) -> str:
    """The digest of the file, once its first bytes are those of a database."""
    with copy.open("rb") as file:
        head = file.read(_SUSPECT)
        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()
    if not head:
        raise LegacyError(
            f"`{path}` is empty",
            kind="empty",
            detail="expected a database, got 0 bytes",
            hint="the dashboard keeps its database in `data/llama-dashboard.db`, backups in `data/backup/`",
        )
    if not head.startswith(_MAGIC):
        raise LegacyError(
            f"`{path}` is no SQLite database",
            kind="not_sqlite",
            detail=f"expected it to begin with `SQLite format 3`, {_looks(head)}",
            hint="name the dashboard's database: `data/llama-dashboard.db` below its working directory",
        )
    if len(head) < _HEADER:
        raise damaged(path, f"it ends after {len(head)} bytes, within its header")
    return digest


def _looks(head: bytes) -> str:
    shares = [count / len(head) for count in Counter(head).values()]
    if len(head) >= 1024 and -sum(share * math.log2(share) for share in shares) > _RANDOM:  # noqa: PLR2004 - less says nothing
        return "got what looks random: it may be encrypted or compressed; decrypt it first"
    return f"got {head[:16]!r}"


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Virtual tables are left out: reading one may need a module that is not here."""
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    real = (name for name, sql in found if isinstance(name, str) and not str(sql).upper().startswith("CREATE VIRTUAL"))
    return {name.lower(): name for name in real if not name.lower().startswith("sqlite_")}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored
