"""Messages of the program, to rows and back. What writes belongs into a transaction of the caller."""

from collections.abc import Iterable

from reconciler.domain.frozen import frozen
from reconciler.errors import UsageError
from reconciler.store.columns import to_json
from reconciler.store.database import Database

KEPT_LOGS = 10_000

_LEVELS = ("debug", "info", "warning", "error")


@frozen
class LogLine:
    """
    One message.

    Attributes:
        level: `debug`, `info`, `warning` or `error`.
        resource: what it is about; empty where it concerns the fleet as a whole.
    """

    at: float
    level: str
    message: str
    resource: str = ""


def add(database: Database, lines: Iterable[LogLine]) -> None:
    """Keeps messages, and lets go of the oldest."""
    database.execute_many(
        "INSERT INTO logs (at, level, resource, message) VALUES (?, ?, ?, ?)",
        [(line.at, line.level, line.resource, line.message) for line in lines],
    )
    database.execute("DELETE FROM logs WHERE id <= (SELECT max(id) FROM logs) - ?", (KEPT_LOGS,))


def read(database: Database, *, limit: int, level: str, resource: str | None) -> tuple[LogLine, ...]:
    """The last messages of a level and above it, newest first."""
    if level not in _LEVELS:
        raise UsageError(f"there is no level `{level}`", hint=f"use one of {', '.join(_LEVELS)}")
    levels = to_json(_LEVELS[_LEVELS.index(level) :])
    with database.reading():
        rows = database.rows(
            "SELECT at, level, resource, message FROM logs WHERE level IN (SELECT value FROM json_each(?1)) "
            "AND (?2 IS NULL OR resource = ?2) ORDER BY id DESC LIMIT ?3",
            (levels, resource, limit),
        )
    return tuple(LogLine(at=at, level=level, resource=about, message=text) for at, level, about, text in rows)
