"""What happens to the models of the router: sections of its INI, loaded or not."""

from reconciler.domain.change import Action, Change, Effect, FieldChange, Reason
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, model_name
from reconciler.domain.observation import RouterModelState
from reconciler.plan.differ import costly, reason_of
from reconciler.plan.estimates import downtime
from reconciler.plan.found import section_changes
from reconciler.plan.processes import failed_before
from reconciler.plan.situation import LOADED, SILENT, Situation
from reconciler.spec.model import ModelSpec

DEFAULT_PLACES = 4
"""llama-server's own `--models-max`."""

ON_REQUEST = "loaded on the first request"


@frozen
class Choice:
    """A decision before it is a change: what, why, and a sentence."""

    action: Action
    reason: Reason
    note: str = ""


def decide_router_model(situation: Situation, resource: ResourceId, model: ModelSpec, router: Action) -> Change:
    """
    The change of a model that is declared, enabled and served by the router.

    Args:
        router: what the plan does to the router itself.
    """
    fields = _fields(situation, resource)
    choice = _choice(situation, resource, model, router, fields)
    state = _state(situation, resource)
    line = situation.lines.get(resource)
    disturbs = choice.action in {Action.RELOAD, Action.RESTART}
    reason = Reason.RECORD_ONLY if choice.reason is Reason.UP_TO_DATE and fields else choice.reason
    return Change(
        resource=resource,
        action=choice.action,
        reason=reason,
        effect=_effect(choice.action),
        fields=() if choice.reason is Reason.UNKNOWN else fields,
        slot=situation.slot(resource),
        downtime_seconds=downtime(line) if disturbs else None,
        busy=state.busy if state and disturbs else None,
        note=choice.note,
    )


def _fields(situation: Situation, resource: ResourceId) -> tuple[FieldChange, ...]:
    """
    Against the record; against what the router itself says where the record knows nothing, and where a run was cut off
    that may have given the router other sections than the record has.
    """
    line, state = situation.lines.get(resource), _state(situation, resource)
    if state is not None and (line is None or line.applied is None):
        return section_changes(situation, resource, state)
    fields = situation.fields(resource)
    if state is not None and situation.record.open_steps and not costly(fields) and resource not in situation.moved:
        return (*fields, *section_changes(situation, resource, state))
    return fields


def _effect(action: Action) -> Effect:
    return {Action.RELOAD: Effect.RELOAD, Action.RESTART: Effect.RESTART}.get(action, Effect.NONE)


def _state(situation: Situation, resource: ResourceId) -> RouterModelState | None:
    """The line of the router's list, under the name that the model had when it was applied."""
    line = situation.lines.get(resource)
    name = model_name(line.resource if line else resource) or ""
    return (situation.seen.router_models or {}).get(name)


def _choice(
    situation: Situation, resource: ResourceId, model: ModelSpec, router: Action, fields: tuple[FieldChange, ...]
) -> Choice:
    if situation.runs(resource):
        # Whatever the record says: a model of the router has no process of its own.
        return Choice(action=Action.RESTART, reason=Reason.SERVE_CHANGED)
    if router in {Action.START, Action.RESTART}:
        return _with_new_router(situation, resource, model, router, fields)
    if situation.seen.router_models is None:
        return Choice(action=Action.KEEP, reason=Reason.UNKNOWN, note=SILENT)
    return _with_living_router(situation, resource, model, fields)


def _with_living_router(
    situation: Situation, resource: ResourceId, model: ModelSpec, fields: tuple[FieldChange, ...]
) -> Choice:
    """The router runs and said what it has: its list against the record, and the record against the declared."""
    line, state = situation.lines.get(resource), _state(situation, resource)
    applied = line.applied if line else None
    if state is None:
        missing = applied is not None and line is not None and line.desired_running
        return Choice(
            action=Action.START,
            reason=Reason.NOT_LOADED if missing else Reason.NEW if line is None else Reason.NOT_RUNNING,
            note=_promise(model) or failed_before(situation, resource, line),
        )
    if applied is None:
        return Choice(action=Action.RELOAD if fields else Action.ADOPT, reason=Reason.FOUND_RUNNING)
    if costly(fields):
        note = failed_before(situation, resource, line)
        return Choice(action=Action.RELOAD, reason=reason_of(fields), note=note)
    if line is not None and not line.desired_running:
        # A run that was cut off has given it back its section.
        return Choice(action=Action.ADOPT, reason=Reason.FOUND_RUNNING)
    return _steady(situation, model, state)


def _with_new_router(
    situation: Situation, resource: ResourceId, model: ModelSpec, router: Action, fields: tuple[FieldChange, ...]
) -> Choice:
    """The router starts: its models come with it, all that were loaded and all that always are."""
    line, state = situation.lines.get(resource), _state(situation, resource)
    if line is None or line.applied is None:
        return Choice(action=Action.START, reason=Reason.NEW, note=_promise(model))
    if model.load == "always" or (state and state.status in LOADED):
        action = Action.RELOAD if router is Action.RESTART else Action.START
        return Choice(action=action, reason=Reason.ROUTER_RESTARTED)
    if costly(fields) or not line.desired_running:
        return Choice(action=Action.START, reason=reason_of(fields), note=ON_REQUEST)
    return Choice(action=Action.KEEP, reason=Reason.UP_TO_DATE)


def _steady(situation: Situation, model: ModelSpec, state: RouterModelState) -> Choice:
    """A section that is as declared: what is left is whether it is loaded as it should be."""
    if model.load == "on-demand" or state.status not in {"unloaded", "loading"}:
        note = "its last load failed" if state.failed else ""
        return Choice(action=Action.KEEP, reason=Reason.UP_TO_DATE, note=note)
    if state.status == "loading":
        # A run that was cut off may have begun it, or a request: whether it comes is known by nobody yet.
        return Choice(action=Action.START, reason=Reason.NOT_LOADED, note="it is loading; its end is waited for")
    if _is_full(situation):
        why = "failed" if state.failed else "evicted"
        return Choice(action=Action.KEEP, reason=Reason.UP_TO_DATE, note=f"{why}: every place of `models_max` is taken")
    return Choice(action=Action.START, reason=Reason.DIED if state.failed else Reason.NOT_LOADED)


def _is_full(situation: Situation) -> bool:
    router = situation.fleet.active_router
    places = DEFAULT_PLACES if router is None or router.models_max is None else router.models_max
    loaded = sum(state.status in LOADED for state in (situation.seen.router_models or {}).values())
    return 0 < places <= loaded


def _promise(model: ModelSpec) -> str:
    return ON_REQUEST if model.load == "on-demand" else ""
