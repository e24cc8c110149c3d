"""What was done and by whom, for those who look back. Read-only."""

from collections.abc import Mapping
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.spec.versions import upcast
from reconciler.store.columns import from_json
from reconciler.store.database import Database, Row

_EVENT = ("at", "who", "what", "resource", "result", "detail")
_GENERATION = ("number", "run", "result", "origin", "program", "build", "who", "created_at")
_GENERATIONS = f"""
    SELECT {", ".join(_GENERATION)}, spec_version, spec, plan
    FROM (SELECT generations.*, runs.who FROM generations JOIN runs ON runs.id = generations.run)
"""  # noqa: S608 - our own names


@frozen
class Event:
    """
    One line of the audit.

    Attributes:
        what: the operation, such as `apply`.
        resource: empty where it concerns the fleet as a whole.
    """

    at: float
    who: str
    what: str
    resource: str
    result: str
    detail: str


@frozen
class Generation:
    """
    One applied fleet spec.

    Attributes:
        spec: the fleet document, in today's form.
        plan: as `plan --format json` showed it.
    """

    number: int
    run: int
    result: str
    origin: str
    program: str
    build: str
    who: str
    created_at: float
    spec: Mapping[str, Any]
    plan: Mapping[str, Any]


def events(database: Database, *, limit: int) -> tuple[Event, ...]:
    """The last events, newest first."""
    with database.reading():
        rows = database.rows(f"SELECT {', '.join(_EVENT)} FROM events ORDER BY id DESC LIMIT ?", (limit,))  # noqa: S608 - our own names
    return tuple(Event(**dict(zip(_EVENT, row, strict=True))) for row in rows)


def generations(database: Database, *, limit: int) -> tuple[Generation, ...]:
    """The last generations, newest first."""
    with database.reading():
        rows = database.rows(f"{_GENERATIONS} ORDER BY number DESC LIMIT ?", (limit,))
    return tuple(_generation(row) for row in rows)


def generation(database: Database, number: int) -> Generation | None:
    """One generation; nothing when there never was one, or not any more."""
    with database.reading():
        rows = database.rows(f"{_GENERATIONS} WHERE number = ?", (number,))
    return _generation(rows[0]) if rows else None


def _generation(row: Row) -> Generation:
    *facts, version, spec, plan = row
    document, shown = from_json((spec, plan), "generations")
    return Generation(**dict(zip(_GENERATION, facts, strict=True)), spec=upcast(document, version), plan=shown)
