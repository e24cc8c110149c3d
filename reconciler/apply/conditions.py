"""The conditions of a resource after a step, in the form of Kubernetes: a transition is a change of `status` only."""

from dataclasses import replace

from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.status import Condition
from reconciler.spec.record import ResourceRecord

REASONS = {
    Result.DONE: "Applied",
    Result.RESTORED: "Restored",
    Result.FAILED: "Failed",
    Result.SKIPPED: "Skipped",
    Result.INTERRUPTED: "Interrupted",
}


def with_conditions(line: ResourceRecord, outcome: Outcome, *, now: float, generation: int) -> ResourceRecord:
    """The line with `Ready` and `InSync` as the step left them."""
    up = line.desired_running and outcome.result in {Result.DONE, Result.RESTORED}
    facts = {"Ready": up, "InSync": outcome.result is Result.DONE}
    before = {one.type: one for one in line.conditions}
    conditions = tuple(
        _condition(kind, true, outcome, before.get(kind), now=now, generation=generation)
        for kind, true in facts.items()
    )
    return replace(line, conditions=conditions)


def _condition(
    kind: str,
    true: bool,  # noqa: FBT001 - the status itself
    outcome: Outcome,
    before: Condition | None,
    *,
    now: float,
    generation: int,
) -> Condition:
    status = "True" if true else "False"
    since = before.last_transition if before and before.status == status else now
    return Condition(
        type=kind,
        status=status,
        reason=REASONS[outcome.result],
        message=outcome.message,
        last_transition=since,
        observed_generation=generation,
    )
