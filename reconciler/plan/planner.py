"""
The plan: one change for every resource that is declared or recorded, KEEP included.

The router is decided first, because its models go where it goes; then the models; then what left the files.
"""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.names import ROUTER, model_id, model_name
from reconciler.domain.observation import Observation
from reconciler.domain.plan import Basis, Plan
from reconciler.plan import holding
from reconciler.plan.capacity import needs_memory_first, warnings
from reconciler.plan.departures import PROTECTED, in_router, leave, switch_off
from reconciler.plan.drift import drift
from reconciler.plan.identifiers import identity_text
from reconciler.plan.left_sections import taking_out
from reconciler.plan.options import PlanOptions
from reconciler.plan.ordering import in_waves
from reconciler.plan.preflight import preflight
from reconciler.plan.processes import decide_process
from reconciler.plan.router_models import decide_router_model
from reconciler.plan.safety import objections
from reconciler.plan.situation import Situation, situate
from reconciler.plan.targets import Targets
from reconciler.spec.digest import digest
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record, ResourceRecord
from reconciler.spec.sources import downloads_of

__all__ = ["PlanOptions", "make_plan", "spec_digest"]


def make_plan(fleet: FleetSpec, record: Record, seen: Observation, options: PlanOptions) -> Plan:
    """
    What would change, and why. Every input is a value; nothing is looked up.

    Raises:
        UsageError: a target is neither declared nor recorded.
    """
    situation = situate(fleet, record, seen, options)
    targets = Targets.of(situation)
    changes = tuple(_changes(situation, targets))
    changes = tuple(_with_source(situation, change) for change in changes)
    ordered = in_waves(changes, situation, memory_first=needs_memory_first(changes, situation))
    return Plan(
        fleet=fleet.fleet,
        changes=ordered,
        basis=_basis(fleet, situation, ordered),
        drift=tuple(drift(situation, ordered)),
        objections=tuple(objections(situation, ordered)),
        diagnostics=(*preflight(situation, ordered), *warnings(situation, ordered)),
        notices=tuple(_notices(fleet, situation, ordered)),
    )


def _with_source(situation: Situation, change: Change) -> Change:
    """
    Says what will be downloaded; nobody asks the network here, so that it may be there already.

    Past loads say nothing about another download, and the model is down for as long as that takes.
    """
    starts = change.action in {Action.START, Action.RESTART, Action.RELOAD}
    model = situation.model(change.resource) if starts else None
    downloads = downloads_of(model.written()) if model else ()
    if not downloads:
        return change
    told = f"downloads {' and '.join(downloads)}, unless here already"
    line = situation.lines.get(change.resource)
    known = downloads_of(line.applied.document) if line and line.applied else ()
    if change.action is not Action.START and not set(downloads) <= set(known):
        change, told = replace(change, downtime_seconds=None), f"{told}; down as long as the download takes"
    return replace(change, note=f"{change.note}; {told}" if change.note else told)


def spec_digest(fleet: FleetSpec) -> str:
    """The fingerprint of what is declared, by which a saved plan is told from another one."""
    return digest(fleet.document())


def _changes(situation: Situation, targets: Targets) -> Iterator[Change]:
    router = _router(situation)
    if router is not None:
        router = targets.filtered(router)
    action = router.action if router else Action.KEEP
    models = [
        *(_model(situation, name, action) for name in situation.fleet.models),
        *(leave(situation, line, router=action) for line in _left(situation)),
    ]
    if router is not None:
        router = _held_by_protected(situation, router, models)
        action = router.action
        yield router
    yield from (targets.filtered(change, router=action, inside=_is_inside(situation, change)) for change in models)
    for new, old in situation.held.items():
        yield Change(resource=new, action=Action.KEEP, reason=Reason.BLOCKED, note=f"{model_name(old)} keeps its name")


def _is_inside(situation: Situation, change: Change) -> bool:
    line = situation.lines.get(change.resource)
    return line is not None and in_router(situation, line)


def _router(situation: Situation) -> Change | None:
    line = situation.lines.get(ROUTER)
    if situation.fleet.active_router:
        return taking_out(situation, decide_process(situation, ROUTER))
    if situation.fleet.router is not None:
        return switch_off(situation, ROUTER)
    return leave(situation, line, router=Action.KEEP) if line else None


def _model(situation: Situation, name: str, router: Action) -> Change:
    resource, model = model_id(name), situation.fleet.models[name]
    off = not model.enabled or (model.serve == "router" and situation.fleet.active_router is None)
    if off:
        return switch_off(situation, resource)
    if model.serve == "dedicated":
        return decide_process(situation, resource)
    return decide_router_model(situation, resource, model, router)


def _left(situation: Situation) -> list[ResourceRecord]:
    """Recorded models that are not declared any more; a moved one stands under its new name."""
    moved = set(situation.moved)
    lines = ((resource, line) for resource, line in situation.lines.items() if resource not in moved)
    return [line for resource, line in lines if (name := model_name(resource)) and name not in situation.fleet.models]


def _held_by_protected(situation: Situation, router: Change, models: list[Change]) -> Change:
    """A router that would be stopped stays for a protected model, which ends with it."""
    protected = {change.resource for change in models if change.reason is Reason.PROTECTED}
    lines = (situation.lines[resource] for resource in protected if resource in situation.lines)
    inside = any(in_router(situation, line) for line in lines)
    if router.action is Action.STOP and inside:
        return replace(router, action=Action.KEEP, reason=Reason.PROTECTED, note=PROTECTED, forget_after=False)
    return router


def _basis(fleet: FleetSpec, situation: Situation, changes: tuple[Change, ...]) -> Basis:
    record, seen = situation.record, situation.seen
    carriers = ((change.resource, seen.carrier(change.slot) if change.slot else None) for change in changes)
    return Basis(
        lineage=record.lineage,
        serial=record.serial,
        spec_digest=spec_digest(fleet),
        boot_id=seen.boot_id,
        build=seen.binary.version,
        identities=tuple(
            (resource, identity_text(one.process.identity if one else None)) for resource, one in carriers
        ),
    )


def _notices(fleet: FleetSpec, situation: Situation, changes: tuple[Change, ...]) -> Iterator[str]:
    yield from situation.options.notices
    if (hold := situation.record.hold) and not situation.options.says_hold:
        yield from holding.notices(hold, spec_digest(fleet))
    if situation.record.migration_pending:
        yield situation.record.migration_pending
    fields = (field for change in changes for field in change.fields)
    builds = {(field.before, field.after) for field in fields if field.path == "llama_server.version"}
    for before, after in sorted(builds, key=str):
        yield f"llama-server is another build: {before} → {after}"
