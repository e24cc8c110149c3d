"""What one step leaves behind: the outcome for people, and the record line that is true from now on."""

from dataclasses import replace

from reconciler.domain.change import Change
from reconciler.domain.frozen import frozen
from reconciler.domain.names import InstanceId
from reconciler.domain.outcome import Outcome, Result
from reconciler.spec.record import Applied, Failure, InstanceRecord, ResourceRecord

KEPT_LOADS = 10


@frozen
class StepEnd:
    """The end of a step; `after` is `None` when the resource leaves the record."""

    outcome: Outcome
    after: ResourceRecord | None


@frozen
class WayBack:
    """
    A change that failed, and what shall run again in its place.

    Attributes:
        line: with the failure noted, and with what shall run again as what was applied.
        instance: the mark of the process that will be spawned; `None` when none will be.
    """

    change: Change
    line: ResourceRecord
    cause: str
    instance: InstanceId | None = None


def outcome(change: Change, result: Result, message: str = "", **facts: object) -> Outcome:
    """An outcome of this change."""
    return Outcome(resource=change.resource, action=change.action, result=result, message=message, **facts)  # type: ignore[arg-type] # by name


def running(
    line: ResourceRecord, change: Change, applied: Applied, instance: InstanceRecord | None, seconds: float
) -> ResourceRecord:
    """The line of a resource that runs what was asked for."""
    return replace(
        line,
        resource=change.resource,
        applied=applied,
        instance=instance,
        desired_running=True,
        port=change.port,
        protected=bool(applied.document.get("protect")),
        failure=None,
        load_seconds=(*line.load_seconds, round(seconds, 3))[-KEPT_LOADS:],
    )


def stopped(line: ResourceRecord, change: Change) -> ResourceRecord | None:
    """The line of a resource that was stopped: kept with its port and history unless it left the files."""
    return None if change.forget_after else replace(line, instance=None, desired_running=False)


def failed(line: ResourceRecord, digest: str, message: str, at: float) -> ResourceRecord:
    """The line with the failure noted, so that the same change is not tried again unasked."""
    return replace(line, failure=Failure(digest=digest, message=message, at=at))
