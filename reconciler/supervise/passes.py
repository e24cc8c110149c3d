"""A pass in its three parts, so that a person can look at the plan between planning and acting."""

import asyncio
from dataclasses import dataclass, replace

from reconciler.apply.context import Context
from reconciler.apply.run import Errand, execute
from reconciler.config.load import LoadedFleet
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Hook, ignore
from reconciler.domain.names import SlotUid, model_name
from reconciler.domain.observation import Observation
from reconciler.domain.outcome import RunReport
from reconciler.domain.plan import Plan
from reconciler.observe.observer import observe
from reconciler.observe.requests import with_requests
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.runtime.world import World
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record
from reconciler.store import Writer

DISTURBING = frozenset({Action.STOP, Action.RESTART, Action.RELOAD})


@dataclass(frozen=True, slots=True, kw_only=True)
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


async def apply_once(  # noqa: PLR0913 - the four that are optional are the caller's wishes
    world: World,
    planned: Planned,
    writer: Writer,
    errand: Errand,
    *,
    hook: Hook = ignore,
    parallelism: int = 8,
    stop: asyncio.Event | None = None,
) -> RunReport:
    """Does what was planned. The caller holds the lock of the store, and has heard the plan's objections."""
    ctx = Context(
        world=world,
        fleet=planned.fleet,
        # A plan made before there was a store does not know the lineage that its children will carry.
        record=replace(planned.record, lineage=writer.lineage),
        seen=planned.seen,
        hook=hook,
        stop=stop or asyncio.Event(),
    )
    return await execute(ctx, planned.plan, writer, errand, parallelism=parallelism)
