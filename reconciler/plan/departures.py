"""What happens to a resource that shall not run: it left the files, or it is declared and switched off."""

from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, Reason
from reconciler.domain.names import ResourceId, model_name
from reconciler.llama.argv import after
from reconciler.plan.situation import SILENT, Situation
from reconciler.spec.record import ResourceRecord

RENEWS = {Action.START: Action.START, Action.RESTART: Action.RELOAD}
"""What becomes of a protected model when its router is started or restarted: it is loaded again as it was."""

RENAMED = "it is protected; `protect: false` must be applied under this name before it can become `{new}`"
FORGOTTEN = "the store that knew whether it is protected was lost; apply it with `protect: false`, then remove it again"
PROTECTED = "it is protected; `protect: false` must be applied before it can be stopped"


def leave(situation: Situation, line: ResourceRecord, *, router: Action) -> Change:
    """
    A resource that is not declared any more.

    Args:
        router: what the plan does to the router, which takes a protected model along.
    """
    if not is_served(situation, line) or never_ran(situation, line):
        return _change(situation, line, Action.FORGET, Reason.NOT_DECLARED)
    if line.resource in situation.held.values():
        new = next(new for new, old in situation.held.items() if old == line.resource)
        change = _change(situation, line, Action.KEEP, Reason.PROTECTED, note=RENAMED.format(new=model_name(new)))
    elif line.applied is None and _is_alive(situation, line):
        change = _change(situation, line, Action.KEEP, Reason.PROTECTED, note=FORGOTTEN)
    else:
        change = _stop(situation, line, Reason.NOT_DECLARED, forget=True)
    if change.reason is Reason.PROTECTED and in_router(situation, line) and router in RENEWS:
        return replace(change, action=RENEWS[router], effect=Effect.RELOAD)
    return change


def switch_off(situation: Situation, resource: ResourceId) -> Change:
    """A resource that is declared and disabled; it stays in the record with its port and history."""
    line = situation.lines.get(resource)
    if line is None:
        return Change(resource=resource, action=Action.KEEP, reason=Reason.UP_TO_DATE, note="disabled")
    if not is_served(situation, line):
        return _change(situation, line, Action.KEEP, Reason.UP_TO_DATE, resource=resource, note="disabled")
    return _stop(situation, line, Reason.DISABLED, resource=resource)


def is_served(situation: Situation, line: ResourceRecord) -> bool:
    """Whether it runs, or the last word was that it shall, or the router has a section of it all the same."""
    return line.desired_running or bool(situation.seen.instances.get(line.uid)) or _is_listed(situation, line)


def never_ran(situation: Situation, line: ResourceRecord) -> bool:
    """Whether it was started in vain when it was new, so that nothing of it is there to be stopped."""
    unknown = situation.router_is_silent or situation.unseen_holder(line.resource)
    return line.applied is None and line.failure is not None and not unknown and not _is_alive(situation, line)


def _is_listed(situation: Situation, line: ResourceRecord) -> bool:
    """Whether the router has a section of ours, whose log is named by the uid: a run that was cut off put it there."""
    state = (situation.seen.router_models or {}).get(model_name(line.resource) or "")
    inside = line.applied is not None and line.applied.serve == "router"
    return inside and state is not None and after("--log-file", state.args).endswith(f"/{line.uid}.log")


def _is_alive(situation: Situation, line: ResourceRecord) -> bool:
    """Whether a process of it was seen, of its own or below the router."""
    return bool(situation.seen.instances.get(line.uid)) or in_router(situation, line)


def in_router(situation: Situation, line: ResourceRecord) -> bool:
    """Whether it is a model of the router, by the record, or by the router where the record was lost."""
    if line.applied is None:
        return (model_name(line.resource) or "") in (situation.seen.router_models or {})
    return line.applied.serve == "router"


def _stop(
    situation: Situation,
    line: ResourceRecord,
    reason: Reason,
    *,
    resource: ResourceId | None = None,
    forget: bool = False,
) -> Change:
    if blocked := _blocked(situation, line, resource or line.resource):
        why, note = blocked
        return _change(situation, line, Action.KEEP, why, resource=resource, note=note)
    return _change(situation, line, Action.STOP, reason, resource=resource, forget=forget)


def _blocked(situation: Situation, line: ResourceRecord, resource: ResourceId) -> tuple[Reason, str] | None:
    """Why it cannot be stopped now; a mark in the record holds also when the file does not say it any more."""
    model = situation.model(resource)
    if line.is_protected or (model is not None and model.protect):
        return Reason.PROTECTED, PROTECTED
    if situation.unseen_holder(line.resource):
        return Reason.UNKNOWN, "its slot is held by a process that was not found; it is left alone"
    if in_router(situation, line) and situation.router_is_silent:
        return Reason.UNKNOWN, SILENT
    return None


def _change(  # noqa: PLR0913 - the parts of one change
    situation: Situation,
    line: ResourceRecord,
    action: Action,
    reason: Reason,
    *,
    resource: ResourceId | None = None,
    forget: bool = False,
    note: str = "",
) -> Change:
    inside = in_router(situation, line)
    carrier = situation.seen.carrier(line.uid)
    state = (situation.seen.router_models or {}).get(model_name(line.resource) or "") if inside else None
    busy = state.busy if state else carrier.busy if carrier else None
    stops = action is Action.STOP
    return Change(
        resource=resource or line.resource,
        action=action,
        reason=reason,
        effect=(Effect.RELOAD if inside else Effect.RESTART) if stops else Effect.NONE,
        slot=line.uid,
        port=None if inside else line.port,
        busy=busy if stops else None,
        note=note,
        forget_after=forget or action is Action.FORGET,
    )
