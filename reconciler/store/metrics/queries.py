"""What was measured, read back. Read-only."""

import math
from pathlib import Path
from typing import Any, TypeVar

from reconciler.domain.frozen import frozen, many
from reconciler.domain.metrics import GpuSample, HostSample, ModelSample, Sample
from reconciler.store.database import Database, Row
from reconciler.store.metrics.rows import HOST, PARTS
from reconciler.store.metrics.schema import METRICS_KIND

Part = TypeVar("Part", GpuSample, ModelSample)


@frozen
class Window:
    """
    Which moments.

    Attributes:
        since: the first, seconds since the epoch; `until` is the last.
        limit: at most so many, the newest of them.
    """

    since: float | None = None
    until: float | None = None
    limit: int | None = None
    node: str = "local"

    @property
    def bounds(self) -> tuple[object, ...]:
        """As the queries take them."""
        since = -math.inf if self.since is None else self.since
        until = math.inf if self.until is None else self.until
        return self.node, since, until, -1 if self.limit is None else self.limit


def hosts(directory: Path, window: Window) -> tuple[HostSample, ...]:
    """The host, oldest first."""
    statement = f"""
        SELECT {", ".join(HOST)} FROM metrics_history
        WHERE node = ? AND at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?
    """  # noqa: S608 - our own names
    return _hosts(_rows(directory, statement, window.bounds))


def parts(directory: Path, kind: type[Part], name: str, window: Window) -> tuple[tuple[float, Part], ...]:
    """One GPU or model by its name, each with its time, oldest first."""
    table, columns = _place(kind)
    statement = f"""
        SELECT at, {", ".join(f"{table}.{one}" for one in columns)}
        FROM metrics_history JOIN {table} ON sample = id AND {columns[0]} = ?
        WHERE metrics_history.node = ? AND at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?
    """  # noqa: S608 - our own names
    rows = _rows(directory, statement, (name, *window.bounds))
    times, *columns = zip(*rows, strict=True) if rows else ((),)
    return tuple(zip(times, many(kind, columns), strict=True))


def latest(directory: Path, node: str) -> Sample | None:
    """All of the last moment that was measured, of GPUs and models too; nothing when there is none."""
    database = Database.for_reading(directory, kind=METRICS_KIND)
    try:
        with database.reading():
            found = database.rows(
                f"SELECT id, {', '.join(HOST)} FROM metrics_history WHERE node = ? ORDER BY at DESC, id DESC LIMIT 1",  # noqa: S608 - our own names
                (node,),
            )
            if not found:
                return None
            number = found[0][0]
            (host,) = _hosts([row[1:] for row in found])
            return Sample(
                host=host,
                gpus=_belonging(database, GpuSample, number),
                models=_belonging(database, ModelSample, number),
            )
    finally:
        database.close()


def _belonging(database: Database, kind: type[Part], number: int) -> tuple[Part, ...]:
    table, columns = _place(kind)
    rows = database.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE sample = ?", (number,))  # noqa: S608 - our own names
    return many(kind, tuple(zip(*rows, strict=True)))


def _place(kind: type[Any]) -> tuple[str, tuple[str, ...]]:
    table = "metrics_gpus" if kind is GpuSample else "metrics_models"
    return table, PARTS[table]


def _hosts(rows: list[Row]) -> tuple[HostSample, ...]:
    *columns, imported = zip(*rows, strict=True) if rows else ((),) * len(HOST)
    return many(HostSample, (*columns, tuple(map(bool, imported))))


def _rows(directory: Path, statement: str, parameters: tuple[object, ...]) -> list[Row]:
    database = Database.for_reading(directory, kind=METRICS_KIND)
    try:
        with database.reading():
            return database.rows(statement, parameters)[::-1]
    finally:
        database.close()
