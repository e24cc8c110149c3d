"""What was done and by whom, for those who look back. Read-only."""

from collections import defaultdict

from reconciler.domain.actor import Actor
from reconciler.domain.history import Event, Generation, Step
from reconciler.domain.names import ResourceId
from reconciler.domain.revision import Revision
from reconciler.spec.versions import upcast
from reconciler.store.columns import from_json
from reconciler.store.database import Database, Row

__all__ = ["Event", "Generation", "events", "generation", "generations"]

_ACTOR = ("who", "user_id", "sudo_user", "host", "via", "program")
_EVENT = ("at", "run", "what", "resource", "result", "detail")
_EVENTS = f"""
    SELECT id, {", ".join((*_ACTOR, *_EVENT))} FROM events
    WHERE at >= ? AND (? IS NULL OR resource = ?) ORDER BY id DESC LIMIT ?
"""  # noqa: S608 - our own names
_REVISION = ("commit_id", "branch", "dirty", "author", "committed_at", "commit_problem")
_GENERATION = (
    "number", "run", "operation", "result", "origin", "program", "build", "who", "started_at", "created_at",
    "rollback_to",
)  # fmt: skip
_GENERATIONS = f"""
    SELECT {", ".join((*_GENERATION, *_REVISION))}, spec_version, spec, plan
    FROM (
        SELECT generations.*, {", ".join(("operation", "who", "started_at", "rollback_to", *_REVISION))}
        FROM generations JOIN runs ON runs.id = generations.run
    )
"""  # noqa: S608 - our own names
_STEPS = """
    SELECT run, resource, action, coalesce(result, 'interrupted'), message, finished_at - started_at FROM steps
    WHERE run BETWEEN ? AND ? ORDER BY id
"""


LARGEST = 2**63 - 1
"""Of the whole numbers that SQLite takes."""


def events(database: Database, *, limit: int, since: float = 0.0, resource: str | None = None) -> tuple[Event, ...]:
    """The last events, newest first."""
    with database.reading():
        rows = database.rows(_EVENTS, (since, resource, resource, min(limit, LARGEST)))
    return tuple(_event(row) for row in rows)


def generations(database: Database, *, limit: int) -> tuple[Generation, ...]:
    """The last generations, newest first."""
    with database.reading():
        rows = database.rows(f"{_GENERATIONS} ORDER BY number DESC LIMIT ?", (min(limit, LARGEST),))
        steps = _steps(database, rows)
    return tuple(_generation(row, steps) for row in rows)


def generation(database: Database, number: int) -> Generation | None:
    """One generation; nothing when there never was one, or not any more."""
    with database.reading():
        rows = database.rows(f"{_GENERATIONS} WHERE number = ?", (min(number, LARGEST),))
        steps = _steps(database, rows)
    return _generation(rows[0], steps) if rows else None


def numbers(database: Database) -> tuple[int, ...]:
    """The generations that there are, oldest first."""
    with database.reading():
        return tuple(number for (number,) in database.rows("SELECT number FROM generations ORDER BY number"))


def _event(row: Row) -> Event:
    number, *rest = row
    actor = Actor(**dict(zip(_ACTOR, rest, strict=False)))
    return Event(number=number, actor=actor, **dict(zip(_EVENT, rest[len(_ACTOR) :], strict=True)))


def _steps(database: Database, rows: list[Row]) -> dict[int, list[Step]]:
    """Of the runs of these generations and what lies between, by run."""
    runs = [row[_GENERATION.index("run")] for row in rows]
    found: dict[int, list[Step]] = defaultdict(list)
    for run, resource, action, result, message, seconds in (
        database.rows(_STEPS, (min(runs), max(runs))) if runs else ()
    ):
        step = Step(resource=ResourceId(resource), action=action, result=result, message=message, seconds=seconds)
        found[run].append(step)
    return found


def _generation(row: Row, steps: dict[int, list[Step]]) -> Generation:
    *rest, version, spec, plan = row
    document, shown = from_json((spec, plan), "generations")
    facts = dict(zip(_GENERATION, rest, strict=False))
    return Generation(
        **facts,
        revision=_revision(rest[len(_GENERATION) :]),
        steps=tuple(steps[facts["run"]]),
        spec=upcast(document, version),
        plan=shown,
    )


def _revision(values: list[object]) -> Revision | None:
    commit, branch, dirty, author, committed_at, problem = values
    if not commit and not problem:
        return None
    return Revision(
        commit=str(commit),
        branch=str(branch),
        dirty=bool(dirty),
        author=str(author),
        committed_at=committed_at if isinstance(committed_at, float) else None,
        problem=str(problem),
    )
