"""The first half of a pass, so that a person can look at the plan before the second half (`acting`)."""

from dataclasses import replace

from reconciler.config.load import LoadedFleet
from reconciler.domain.change import Action, Change
from reconciler.domain.frozen import frozen
from reconciler.domain.names import SlotUid, model_name
from reconciler.domain.observation import Observation
from reconciler.domain.plan import Plan
from reconciler.observe.observer import observe
from reconciler.observe.requests import with_requests
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.runtime.world import World
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record

DISTURBING = frozenset({Action.STOP, Action.RESTART, Action.RELOAD})


@frozen
class Planned:
    """A plan with all that it was made from; apply needs both, and never plans again."""

    plan: Plan
    fleet: FleetSpec
    record: Record
    seen: Observation


async def plan_once(world: World, loaded: LoadedFleet, record: Record, options: PlanOptions) -> Planned:
    """Looks and plans. Changes nothing, neither on the host nor in the store."""
    planned = await plan_fleet(world, loaded.spec, record, options)
    placed = (*loaded.diagnostics, *map(loaded.placed, planned.plan.diagnostics))
    return replace(planned, plan=replace(planned.plan, diagnostics=placed))


async def plan_fleet(world: World, fleet: FleetSpec, record: Record, options: PlanOptions) -> Planned:
    """The same for a fleet that has no file behind it, such as that of a saved plan."""
    look = await observe(world, record, fleet)
    record, seen = look.record, look.seen
    plan = make_plan(fleet, record, seen, options)
    disturbed = [change for change in plan.changes if change.action in DISTURBING]
    if disturbed:
        seen = await with_requests(
            world,
            fleet,
            record,
            seen,
            slots=_slots(disturbed),
            models={model_name(one.resource) or "" for one in disturbed},
        )
        plan = make_plan(fleet, record, seen, options)
    return Planned(plan=plan, fleet=fleet, record=record, seen=seen)


def _slots(changes: list[Change]) -> frozenset[SlotUid]:
    return frozenset(change.slot for change in changes if change.slot)
