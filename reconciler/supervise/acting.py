"""The second half of a pass: doing what was planned. Apart from the first, which is all that most commands need."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.apply.context import Context
from reconciler.apply.going_back import Return
from reconciler.apply.run import Errand, execute, settle
from reconciler.domain.event import Hook, ignore
from reconciler.domain.hold import Hold
from reconciler.domain.outcome import OnFailure, Outcome, RunReport
from reconciler.observe.observer import observe
from reconciler.plan.undo import undo_plan
from reconciler.runtime.world import World
from reconciler.store import Writer
from reconciler.supervise.opening import open_writer
from reconciler.supervise.passes import Planned


async def apply_once(  # noqa: PLR0913 - the four that are optional are the caller's wishes
    world: World,
    planned: Planned,
    writer: Writer,
    errand: Errand,
    *,
    hook: Hook = ignore,
    parallelism: int = 8,
    stop: asyncio.Event | None = None,
    on_failure: OnFailure = OnFailure.KEEP,
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

    async def way_back(outcomes: Sequence[Outcome]) -> Return:
        look = await observe(world, writer.record(), planned.fleet)
        undo = undo_plan(planned.plan, outcomes, planned.record, look.record)
        return Return(
            ctx=replace(ctx, record=look.record, seen=look.seen, versions=undo.versions),
            plan=undo.plan,
            lines=undo.lines,
            told_of=undo.told_of,
            records=undo.records,
        )

    goes_back = way_back if on_failure is OnFailure.ROLLBACK else None
    return await execute(ctx, planned.plan, writer, errand, parallelism=parallelism, way_back=goes_back)


def settle_once(world: World, planned: Planned, *, operation: str = "apply", hold: Hold | None = None) -> Path | None:
    """
    Lets the store know what is declared and held, and brings it to today's form, when there is nothing to do.

    Returns the backup, where it had to be brought there.
    """
    with open_writer(world, planned.fleet.fleet) as writer:
        ctx = Context(world=world, fleet=planned.fleet, record=planned.record, seen=planned.seen, hook=ignore)
        if planned.seen.complete:
            # A run that was cut off behind its last step left nothing to do but its own end.
            writer.abandon_open_steps(world.clock.now())
        settle(ctx, writer, operation, hold)
        return writer.backup
