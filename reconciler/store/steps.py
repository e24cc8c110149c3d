"""The journal: a row before each act, its outcome after. Every function belongs into a transaction of the caller."""

from collections.abc import Sequence

from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.names import InstanceId, ResourceId, SlotUid
from reconciler.domain.outcome import Outcome, Result
from reconciler.spec.record import Applied, ResourceRecord
from reconciler.store import audit
from reconciler.store.columns import to_json
from reconciler.store.database import Database


@frozen
class StepIntent:
    """
    What is about to be done.

    Attributes:
        instance: the mark of the process that will be spawned; `None` when none will be.
        applied: what that process is made from, so that it is known also when we die before it is ready.
    """

    resource: ResourceId
    uid: SlotUid
    action: Action
    instance: InstanceId | None = None
    applied: Applied | None = None


@frozen
class StepFinish:
    """
    What was done.

    Attributes:
        after: what is true of the resource from now on; `None` leaves its record as it is.
        forget: the resource leaves the record.
    """

    step: int
    outcome: Outcome
    after: ResourceRecord | None
    forget: bool = False


def begin(database: Database, run: int, intents: Sequence[StepIntent], *, now: float) -> dict[ResourceId, int]:
    """Opens a step for each intent; returns their numbers."""
    return {one.resource: _open(database, run, one, now) for one in intents}


def owner_of(database: Database, step: int) -> tuple[SlotUid, ResourceId]:
    """The slot and the resource of a step."""
    uid, resource = database.rows("SELECT uid, resource FROM steps WHERE id = ?", (step,))[0]
    return SlotUid(uid), ResourceId(resource)


def finish(database: Database, step: int, result: Result, message: str, *, now: float) -> None:
    """Closes a step; what it would have applied stands in the record by now, or nowhere."""
    database.execute(
        "UPDATE steps SET finished_at = ?, result = ?, message = ?, spec_version = NULL, serve = NULL, applied = NULL "
        "WHERE id = ?",
        (now, result, message, step),
    )
    database.execute(audit.OF_A_STEP, (step,))


def open_steps(database: Database) -> list[int]:
    """The steps that a run that was cut off left behind."""
    return [step for (step,) in database.rows("SELECT id FROM steps WHERE finished_at IS NULL")]


def changed_something(database: Database, run: int) -> bool:
    """Whether any step of a run did what it was there for."""
    found = database.rows(
        "SELECT 1 FROM steps WHERE run = ? AND action <> 'keep' AND result IN ('done', 'restored') LIMIT 1", (run,)
    )
    return bool(found)


def _open(database: Database, run: int, intent: StepIntent, now: float) -> int:
    cursor = database.execute(
        "INSERT INTO steps (run, resource, uid, action, instance, spec_version, serve, applied, started_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (run, intent.resource, intent.uid, intent.action, intent.instance, *_applied(intent.applied), now),
    )
    step: int = cursor.fetchone()[0]
    return step


def _applied(applied: Applied | None) -> tuple[int | None, str | None, str | None]:
    """`spec_version`, `serve` and `applied` of a row: an intent lives for a moment, and nobody asks for parts of it."""
    return (applied.spec_version, applied.serve, to_json(applied.document)) if applied else (None, None, None)
