"""What anybody may ask a store."""

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.spec.record import Record
from reconciler.store import history, metadata
from reconciler.store.database import Database
from reconciler.store.history import Event, Generation
from reconciler.store.layout import read_lineage
from reconciler.store.metrics.reader import MetricsReader
from reconciler.store.records import read_record


class Reader:
    """What readers and the writer have in common: questions, and the end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self) -> Record:
        """
        All that a plan compares with, of one moment. The lineage outlives the file when `run/` does.

        Raises:
            StoreError: the file is damaged, or was written by a newer program.
        """
        record = read_record(self._database)
        if record.lineage:
            return record
        return replace(record, lineage=read_lineage(self._database.path.parent))

    @property
    def lineage(self) -> str:
        """The identity of the store, and the mark of its children; empty while there is neither store nor `run/`."""
        with self._database.reading():
            facts = metadata.read(self._database)
        return facts.get("lineage", "") or read_lineage(self._database.path.parent)

    def events(self, *, limit: int = 100) -> tuple[Event, ...]:
        """The last events, newest first."""
        return history.events(self._database, limit=limit)

    def generations(self, *, limit: int = 100) -> tuple[Generation, ...]:
        """The last generations, newest first."""
        return history.generations(self._database, limit=limit)

    def generation(self, number: int) -> Generation | None:
        """One generation; nothing when there never was one, or not any more."""
        return history.generation(self._database, number)

    def close(self) -> None:
        """Gives the file back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Store(MetricsReader, Reader):
    """An open store, read-only; `close` it, or use it in a `with` block, on the thread that opened it."""

    @classmethod
    def open(cls, directory: Path) -> Self:
        """
        Opens the store of a directory. A missing one is normal and reads as empty; none is made.

        Raises:
            StoreError: newer than the program, damaged, or held by a writer for seconds.
        """
        return cls(Database.for_reading(directory))
