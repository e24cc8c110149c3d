"""What anybody may ask a store."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reconciler.errors import StoreError
from reconciler.spec.record import Record
from reconciler.store import endpoints, logs, metadata, secrets
from reconciler.store.database import Database
from reconciler.store.documents import read_router
from reconciler.store.endpoints import Endpoint
from reconciler.store.layout import read_lineage
from reconciler.store.logs import LogLine
from reconciler.store.metrics.reader import MetricsReader
from reconciler.store.records import read_record
from reconciler.store.secrets import Secret

if TYPE_CHECKING:
    from reconciler.domain.history import Event, Generation
    from reconciler.spec.policy import LoggingSpec
    from reconciler.spec.router import RouterSpec
    from reconciler.spec.server import ServerSpec
    from reconciler.store.models import ModelRecord


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

    def models(
        self,
        *,
        status: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the question
        name: str | None = None,
        sections: Iterable[str] | None = None,
    ) -> "tuple[ModelRecord, ...]":
        """
        The models as they were last applied, by name.

        Args:
            status: only those that the last run left so (`running`, `stopped`, `failed` …).
            type: only those whose file names this architecture.
            name: only those that this pattern fits (`qwen*`).
            sections: what to read of each, such as `("sampling", "memory")`; everything unless given.

        Raises:
            UsageError: there is no such status or section.
        """
        from reconciler.store import models  # noqa: PLC0415 - who reads the record alone needs no settings

        return models.find(self._database, status=status, kind=type, pattern=name, sections=sections)

    def model(self, name: str, *, sections: Iterable[str] | None = None) -> "ModelRecord | None":
        """One model as it was last applied; nothing when there is none of that name. See `models`."""
        from reconciler.store import models  # noqa: PLC0415 - as above

        return models.get(self._database, name, sections)

    def server(self) -> "ServerSpec | None":
        """The server section that the last run declared; nothing before the first."""
        from reconciler.spec.server import ServerSpec  # noqa: PLC0415 - as above
        from reconciler.store import models, server_configs  # noqa: PLC0415 - as above

        with self._database.reading():
            found = server_configs.current(self._database)
        return None if found is None else models.as_spec(ServerSpec, found)

    def router(self) -> "RouterSpec | None":
        """The router as it was last applied; nothing when it never was."""
        from reconciler.spec.router import RouterSpec  # noqa: PLC0415 - as above
        from reconciler.store import models  # noqa: PLC0415 - as above

        with self._database.reading():
            found = read_router(self._database)
        return None if found is None else models.as_spec(RouterSpec, found)

    def logging(self) -> "LoggingSpec | None":
        """The logging that the last run declared; nothing before the first."""
        from reconciler.spec.policy import LoggingSpec  # noqa: PLC0415 - as above
        from reconciler.store import declarations, models  # noqa: PLC0415 - as above

        with self._database.reading():
            found = declarations.logging(self._database)
        return None if found is None else models.as_spec(LoggingSpec, found)

    def metadata(self) -> dict[str, str]:
        """The facts of the store as a whole: lineage, serial, fleet, origin, and what an import added."""
        with self._database.reading():
            return metadata.read(self._database)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The servers that somebody else runs, by name."""
        return endpoints.read(self._database)

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets, as they were encrypted."""
        return secrets.read(self._database)

    def logs(self, *, limit: int = 100, level: str = "debug", resource: str | None = None) -> tuple[LogLine, ...]:
        """The last messages of the program, newest first, of a level and above it."""
        return logs.read(self._database, limit=limit, level=level, resource=resource)

    def events(self, *, limit: int = 100, since: float = 0.0, resource: str | None = None) -> "tuple[Event, ...]":
        """
        The last events of the audit, newest first.

        Args:
            since: seconds since the epoch.
            resource: only those of this one, such as `model/coder`.
        """
        from reconciler.store import history  # noqa: PLC0415 - a plan does not look back

        return history.events(self._database, limit=limit, since=since, resource=resource)

    def generations(self, *, limit: int = 100) -> "tuple[Generation, ...]":
        """The last generations, newest first."""
        from reconciler.store import history  # noqa: PLC0415 - as above

        return history.generations(self._database, limit=limit)

    def generation(self, number: int) -> "Generation | None":
        """One generation; nothing when there never was one, or not any more."""
        from reconciler.store import history  # noqa: PLC0415 - as above

        return history.generation(self._database, number)

    def generation_numbers(self) -> tuple[int, ...]:
        """The generations that there are, oldest first; the oldest go when `history.generations` is exceeded."""
        from reconciler.store import history  # noqa: PLC0415 - as above

        return history.numbers(self._database)

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
    def open(cls, directory: str | Path) -> Self:
        """
        Opens the store of a directory. A missing one is normal and reads as empty; none is made.

        Raises:
            StoreError: newer than the program, damaged, held by a writer for seconds, or what is named is a file.
        """
        where = Path(directory)
        if where.is_file():
            raise StoreError(f"`{where}` is a file", hint=f"name the directory of the store, such as `{where.parent}`")
        return cls(Database.for_reading(where))
