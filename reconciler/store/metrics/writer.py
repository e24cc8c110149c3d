"""The writer of measurements: a second is one transaction, and what is old goes."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.domain.metrics import GpuSample, HostSample, ModelSample, Sample
from reconciler.store.database import Database
from reconciler.store.failures import UnusableStoreError, damaged
from reconciler.store.layout import METRICS
from reconciler.store.metrics.rows import HOST, PARTS, insert, values
from reconciler.store.metrics.schema import METRICS_KIND

_SAVE = insert("metrics_history", (*HOST, "node"))
_SAVE_PARTS = {table: insert(table, ("sample", *columns, "node")) for table, columns in PARTS.items()}
_OLD = "FROM metrics_history WHERE imported = 0 AND at < ?"
_TAKE_OVER = f"""
    INSERT INTO metrics_history ({", ".join(HOST)}, node)
    SELECT * FROM taken EXCEPT SELECT {", ".join(HOST)}, node FROM metrics_history WHERE imported = 1
"""  # noqa: S608 - our own names


class MetricsWriter:
    """
    The measurements of a fleet, to be written on the thread that opened them; `close` it, or use a `with` block.

    Attributes:
        warning: a sentence when what was there had to be set aside; empty when not.
    """

    def __init__(self, database: Database, warning: str = "") -> None:
        self._database = database
        self.warning = warning

    @classmethod
    def open(cls, directory: Path, *, now: float) -> Self:
        """
        Opens the measurements beside a store, made where they are missing.

        Raises:
            StoreError: on a disk that is full or read-only. What cannot be read is set aside instead.
        """
        try:
            return cls(_opened(directory, now))
        except UnusableStoreError as error:
            aside = _set_aside(directory / METRICS, now)
            warning = f"{error.summary}; it was set aside as `{aside}`, and measuring begins anew"
        return cls(_opened(directory, now), warning)

    def save(self, sample: Sample, node: str = "local") -> None:
        """Keeps what was measured at one moment, in one transaction."""
        database = self._database
        parts: dict[str, tuple[GpuSample, ...] | tuple[ModelSample, ...]] = {
            "metrics_gpus": sample.gpus,
            "metrics_models": sample.models,
        }
        with database.writing():
            number = database.execute(_SAVE, (*values(sample.host, HOST), node)).lastrowid
            for table, found in parts.items():
                rows = [(number, *values(one, PARTS[table]), node) for one in found]
                database.execute_many(_SAVE_PARTS[table], rows)

    def retain(self, older_than: float) -> int:
        """Removes what was measured before a time; returns how many moments. What was imported stays."""
        database = self._database
        # What belongs to a moment goes by name: enforcing the keys would look at thousands of rows one by one.
        database.execute("PRAGMA foreign_keys = OFF")
        try:
            with database.writing():
                for table in PARTS:
                    database.execute(f"DELETE FROM {table} WHERE sample IN (SELECT id {_OLD})", (older_than,))  # noqa: S608 - our own names
                return database.execute(f"DELETE {_OLD}", (older_than,)).rowcount
        finally:
            database.execute("PRAGMA foreign_keys = ON")

    def take_over(self, samples: Iterable[HostSample], node: str = "local") -> int:
        """Keeps rows of another program (`imported`); those that are here already are not doubled. Returns how many."""
        database = self._database
        columns = (*HOST, "node")
        with database.writing():
            database.execute(f"CREATE TEMP TABLE taken ({', '.join(columns)})")
            database.execute_many(insert("taken", columns), ((*values(one, HOST)[:-1], True, node) for one in samples))
            added = database.execute(_TAKE_OVER).rowcount
            database.execute("DROP TABLE taken")
        return added

    def take_over_gpus(self, found: Iterable[tuple[float, GpuSample]], node: str = "local") -> None:
        """Adds GPUs to the moments that were taken over, each by its time; those that are there already stay."""
        columns = PARTS["metrics_gpus"]
        named, places = ", ".join(columns), ", ".join("?" * len(columns))
        statement = f"""
            INSERT OR IGNORE INTO metrics_gpus (sample, {named}, node)
            SELECT id, {places}, node FROM metrics_history WHERE node = ? AND at = ? AND imported = 1
        """  # noqa: S608 - our own names
        with self._database.writing():
            self._database.execute_many(statement, ((*values(one, columns), node, at) for at, one in found))

    def close(self) -> None:
        """Gives the file back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _opened(directory: Path, now: float) -> Database:
    database = Database.for_writing(directory, now=now, kind=METRICS_KIND)
    try:
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: Database) -> None:
    with database.reading():
        answer = database.rows("PRAGMA quick_check(1)")[0][0]
    if answer != "ok":
        raise damaged(database.path, answer)


def _set_aside(path: Path, now: float) -> Path:
    """Moves a file away with what SQLite keeps beside it, and returns its new name."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    aside = path.with_name(f"{path.name}.unusable-{stamp}")
    for suffix in ("", "-journal", "-wal", "-shm"):
        beside = path.with_name(f"{path.name}{suffix}")
        with suppress(FileNotFoundError):
            beside.replace(aside.with_name(f"{aside.name}{suffix}"))
    return aside
