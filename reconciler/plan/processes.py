"""What happens to a resource with a process of its own: a dedicated model, or the router."""

from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, FieldChange, Reason
from reconciler.domain.names import ROUTER, ResourceId
from reconciler.domain.observation import Health, ObservedInstance
from reconciler.llama.argv import port_of
from reconciler.plan.differ import costly, reason_of
from reconciler.plan.estimates import downtime
from reconciler.plan.found import argv_changes
from reconciler.plan.situation import SILENT, Situation
from reconciler.spec.digest import digest
from reconciler.spec.record import ResourceRecord

UNSEEN = "its slot is held by a process that was not found; it is left alone"
TOLD = "a run that was cut off told it to end, and it listens no more"


def decide_process(situation: Situation, resource: ResourceId) -> Change:
    """The change of a process that is declared and enabled."""
    line, carrier = situation.lines.get(resource), situation.carrier(resource)
    ported = resource in situation.ports.given
    if ported and line and line.applied and line.applied.serve == "router" and line.desired_running:
        return _served_otherwise(situation, resource, line)
    if carrier is None or line is None:
        return _start(situation, resource, line)
    if _unproven(situation, line, carrier):
        return _found(situation, resource, carrier)
    fields = situation.fields(resource)
    if costly(fields):
        return restart(situation, resource, reason_of(fields), fields)
    if _was_told_to_end(situation, line, carrier):
        return replace(restart(situation, resource, Reason.UNHEALTHY, fields), note=TOLD)
    return keep(situation, resource, fields)


def keep(situation: Situation, resource: ResourceId, fields: tuple[FieldChange, ...] = (), note: str = "") -> Change:
    """Nothing is done to the process; fields that cost nothing are taken over into the record."""
    return Change(
        resource=resource,
        action=Action.KEEP,
        reason=Reason.RECORD_ONLY if fields else Reason.UP_TO_DATE,
        fields=fields,
        slot=situation.slot(resource),
        port=situation.ports.given.get(resource),
        note=note,
    )


def restart(situation: Situation, resource: ResourceId, reason: Reason, fields: tuple[FieldChange, ...]) -> Change:
    """The process is drained, stopped and started with what is declared."""
    carrier = situation.carrier(resource)
    return Change(
        resource=resource,
        action=Action.RESTART,
        reason=reason,
        effect=Effect.ROUTER_RESTART if resource == ROUTER else Effect.RESTART,
        fields=fields,
        slot=situation.slot(resource),
        port=situation.ports.given.get(resource),
        downtime_seconds=downtime(situation.lines.get(resource)),
        busy=carrier.busy if carrier else None,
        note=failed_before(situation, resource, situation.lines.get(resource)),
    )


def _start(situation: Situation, resource: ResourceId, line: ResourceRecord | None) -> Change:
    kept = keep(situation, resource)
    if situation.unseen_holder(resource):
        return replace(kept, reason=Reason.UNKNOWN, note=UNSEEN)
    if situation.loaded_in_silence(resource):
        return replace(kept, reason=Reason.UNKNOWN, note=SILENT)
    if kept.port is None:
        return replace(kept, reason=Reason.BLOCKED, note="there is no port for it")
    return replace(
        kept,
        action=Action.START,
        reason=_why_start(situation, line),
        fields=situation.fields(resource),
        note=failed_before(situation, resource, line),
    )


def _why_start(situation: Situation, line: ResourceRecord | None) -> Reason:
    if line is None:
        return Reason.NEW
    if situation.seen.survivors(line.uid):
        return Reason.SURVIVORS
    return Reason.DIED if line.desired_running and line.instance else Reason.NOT_RUNNING


def failed_before(situation: Situation, resource: ResourceId, line: ResourceRecord | None) -> str:
    """A warning for people that the last try did not end well; whether it is tried again is not decided here."""
    failure = line.failure if line else None
    wanted = situation.wanted(resource) if failure else None
    if failure is None or wanted is None or digest(wanted.document) != failure.digest:
        return ""
    return f"failed before: {failure.message}"


def _unproven(situation: Situation, line: ResourceRecord, carrier: ObservedInstance) -> bool:
    """Whether the record cannot say what the process was started with: it was lost, or a run was cut off."""
    if line.applied is None or line.instance is None:
        return True
    marks = carrier.process.marks
    if carrier.adopted or marks is None:
        return False
    return marks.instance != line.instance.instance or _began(situation, carrier)


def _began(situation: Situation, carrier: ObservedInstance) -> bool:
    """Whether a run that was cut off started it; its intent says from what."""
    marks = carrier.process.marks
    return marks is not None and marks.instance in {step.instance for step in situation.record.open_steps}


def _was_told_to_end(situation: Situation, line: ResourceRecord, carrier: ObservedInstance) -> bool:
    """
    Whether a run that was cut off has told it to end: at its first SIGTERM llama-server closes its port.

    With a request in flight it stays like that for good. Whom it did not tell serves on, and goes on.
    """
    process = carrier.process
    deaf = carrier.health is Health.REFUSED and port_of(process.argv) not in situation.seen.listening
    instance = process.marks.instance if process.marks else None
    return deaf and any(step.ends(line.uid, instance) for step in situation.record.open_steps)


def _found(situation: Situation, resource: ResourceId, carrier: ObservedInstance) -> Change:
    """A process of ours that the record does not know: kept when it was started with the same flags."""
    line = situation.lines.get(resource)
    begun = line is not None and line.applied is not None and _began(situation, carrier)
    fields = costly(situation.fields(resource)) if begun else argv_changes(situation, resource, carrier)
    if fields:
        return restart(situation, resource, Reason.FOUND_RUNNING, fields)
    return Change(
        resource=resource,
        action=Action.ADOPT,
        reason=Reason.FOUND_RUNNING,
        slot=situation.slot(resource),
        port=situation.ports.given.get(resource),
        note="" if situation.options.catalogue else "its command line could not be compared",
    )


def _served_otherwise(situation: Situation, resource: ResourceId, line: ResourceRecord) -> Change:
    """A model of the router gets a process of its own."""
    if situation.router_is_silent:
        return replace(keep(situation, resource), reason=Reason.UNKNOWN, note=SILENT)
    states = situation.seen.router_models or {}
    state = states.get(line.resource.partition("/")[2])
    return Change(
        resource=resource,
        action=Action.RESTART,
        reason=Reason.SERVE_CHANGED,
        effect=Effect.RESTART,
        fields=situation.fields(resource),
        slot=line.uid,
        port=situation.ports.given.get(resource),
        downtime_seconds=downtime(line),
        busy=state.busy if state else None,
        note=failed_before(situation, resource, line),
    )
