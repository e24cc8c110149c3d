"""All changes of router models in one wave: one new INI, one reload, then the loads."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.apply.context import Context
from reconciler.apply.dedicated import stop as stop_process
from reconciler.apply.policies import policy_of
from reconciler.apply.preset import write_preset
from reconciler.apply.readiness import Readiness
from reconciler.apply.router_children import children, gone
from reconciler.apply.router_models import RouterAddress, drain_models, load, reload, states
from reconciler.apply.step import StepEnd, failed, outcome, running, stopped
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, SlotUid, model_name
from reconciler.domain.outcome import Result
from reconciler.errors import ReconcilerError, RuntimeFailure
from reconciler.spec.digest import digest
from reconciler.spec.record import Applied, ResourceRecord

Lines = Mapping[ResourceId, ResourceRecord]
PUTS = frozenset({Action.START, Action.RELOAD, Action.RESTART, Action.ADOPT})
"""Actions that leave the model with a section; the others take it away."""


@frozen
class Batch:
    """
    The changes, with the sections before and after.

    Attributes:
        slots: the uid of each resource, which names its log.
    """

    changes: Mapping[str, Change]
    router: RouterAddress
    before: Mapping[ResourceId, Applied]
    after: Mapping[ResourceId, Applied]
    slots: Mapping[ResourceId, SlotUid]


NOTHING_LOADED = Readiness(ready=True, seconds=0.0)


@frozen
class Load:
    """
    How a load ended.

    Attributes:
        new: of the new section; ready, too, when nothing had to be loaded.
        lost: why the one before did not load either, so that there is nothing to go back to.
    """

    new: Readiness = NOTHING_LOADED
    lost: str = ""


def sections_after(
    before: Mapping[ResourceId, Applied], changes: Sequence[Change], ctx: Context, lines: Lines
) -> dict[ResourceId, Applied]:
    """The sections once all these changes are made; a moved model takes its old name along."""
    after = dict(before)
    for change in changes:
        for line in lines.values():
            if line.uid == change.slot:
                after.pop(line.resource, None)
        wanted = ctx.wanted(change) if change.action in PUTS else None
        if wanted is not None and wanted.serve == "router":
            after[change.resource] = wanted
    return after


def listed(lines: Lines) -> dict[ResourceId, Applied]:
    """The sections that the router has by the record."""
    return {
        line.resource: line.applied
        for line in lines.values()
        if line.applied and line.applied.serve == "router" and line.desired_running
    }


def slots_of(lines: Lines, changes: Sequence[Change]) -> dict[ResourceId, SlotUid]:
    """The uid of each resource, recorded or new."""
    return {line.resource: line.uid for line in lines.values()} | {
        change.resource: change.slot for change in changes if change.slot
    }


async def change_models(
    ctx: Context, changes: Sequence[Change], lines: Lines, router: RouterAddress | None
) -> list[StepEnd]:
    """
    Brings the sections of the living router to what the changes want, and loads what must be loaded.

    What does not load goes back to the section that it had, or stays listed as failed when it had none.
    """
    if router is None:
        return [_without_router(ctx, change) for change in changes]
    before = listed(lines)
    batch = Batch(
        router=router,
        changes={model_name(change.resource) or "": change for change in changes},
        before=before,
        after=sections_after(before, changes, ctx, lines),
        slots=slots_of(lines, changes),
    )
    leaving = [change for change in changes if ctx.carrier(change.slot) and change.action in PUTS]
    for change in leaving:
        await stop_process(ctx, change)
    try:
        was = await states(ctx, router)
        loaded = {name for name, state in was.items() if state.status in {"loaded", "sleeping", "loading"}}
        touched = {
            name: change
            for name, change in batch.changes.items()
            if change.action is not Action.ADOPT and name in was and was[name].status == "loaded"
        }
        policies = {
            name: policy_of(ctx.resource(change.resource, change.slot).applied) for name, change in touched.items()
        }
        cut = await drain_models(ctx, router, touched, policies)
        ending = children(ctx, touched)
        await _put(ctx, batch, batch.after)
        await gone(ctx, ending)
    except ReconcilerError as error:
        return await _refused(ctx, batch, error)
    loads = await _load_all(ctx, batch, loaded)
    if back := {name for name, one in loads.items() if not one.new.ready and _before(batch, name)}:
        loads |= await _go_back(ctx, batch, {name: loads[name] for name in back})
    return [_end(ctx, batch, name, loads.get(name, Load()), cut.get(name, 0)) for name in batch.changes]


def _without_router(ctx: Context, change: Change) -> StepEnd:
    """The end of a change whose router does not run; a section that shall go is gone with it."""
    line = ctx.resource(change.resource, change.slot)
    if change.action not in PUTS:
        return StepEnd(outcome=outcome(change, Result.DONE), after=stopped(line, change))
    ctx.tell(change, Stage.FAILED, "the router does not run")
    return StepEnd(outcome=outcome(change, Result.FAILED, "the router does not run"), after=line)


def _before(batch: Batch, name: str) -> Applied | None:
    """The other section that a model had, under its old name when it moved; one that is the same is no way back."""
    change = batch.changes[name]
    old = [batch.before[one] for one, slot in batch.slots.items() if slot == change.slot and one in batch.before]
    return old[0] if old and old[0] != batch.after.get(change.resource) else None


async def _put(ctx: Context, batch: Batch, sections: Mapping[ResourceId, Applied]) -> None:
    """
    Writes the sections, reloads, and compares what the router lists with what it was given.

    Raises:
        RuntimeFailure: it refused the file, or lists something else.
    """
    write_preset(ctx, sections, batch.slots)
    for change in batch.changes.values():
        if change.action is Action.RELOAD:
            ctx.tell(change, Stage.RELOADING, port=batch.router.port)
    await reload(ctx, batch.router)
    names = {model_name(resource) or "" for resource in sections}
    if missing := names - set(await states(ctx, batch.router)):
        raise RuntimeFailure(f"the router does not list {', '.join(sorted(missing))}", hint="reconcile logs router")


async def _refused(ctx: Context, batch: Batch, error: ReconcilerError) -> list[StepEnd]:
    """Puts the old INI back: with a bad one on disk every later load could hang."""
    cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
    try:
        await _put(ctx, batch, batch.before)
    except ReconcilerError as second:
        cause = f"{cause}; putting the old sections back failed too: {second.summary}"
    ends = []
    for change in batch.changes.values():
        ctx.tell(change, Stage.FAILED, cause)
        line = ctx.resource(change.resource, change.slot)
        ends.append(StepEnd(outcome=outcome(change, Result.FAILED, cause), after=line))
    return ends


def _must_load(ctx: Context, change: Change, loaded: set[str]) -> bool:
    """Always-models, and whoever was loaded before: a changed model stays unloaded by itself."""
    name = model_name(change.resource) or ""
    model = ctx.fleet.models.get(name)
    old = {model_name(line.resource) for line in ctx.record.resources.values() if line.uid == change.slot}
    return change.action in PUTS and model is not None and (model.load == "always" or bool({name, *old} & loaded))


async def _load_all(ctx: Context, batch: Batch, loaded: set[str]) -> dict[str, Load]:
    """Loads what must be loaded, side by side."""

    async def one(name: str, change: Change) -> Load:
        began = ctx.world.clock.monotonic()
        try:
            return Load(new=await load(ctx, change, batch.router, name, policy_of(batch.after[change.resource])))
        except ReconcilerError as error:
            seconds = ctx.world.clock.monotonic() - began
            return Load(new=Readiness(ready=False, seconds=seconds, cause=error.summary))

    wanted = {name: change for name, change in batch.changes.items() if _must_load(ctx, change, loaded)}
    return dict(zip(wanted, await asyncio.gather(*(one(*item) for item in wanted.items())), strict=True))


async def _go_back(ctx: Context, batch: Batch, failed_loads: Mapping[str, Load]) -> dict[str, Load]:
    """Gives models whose new section does not load the one that they had, loads that, and says how it went."""
    sections = dict(batch.after)
    for name, one in failed_loads.items():
        change, before = batch.changes[name], _before(batch, name)
        ctx.tell(change, Stage.RESTORING, one.new.cause)
        if before is not None:
            sections[change.resource] = before
    changes = {name: batch.changes[name] for name in failed_loads}
    await _put(ctx, replace(batch, changes=changes), sections)
    ended = {}
    for name, change in changes.items():
        again = await load(ctx, change, batch.router, name, policy_of(sections[change.resource]))
        ended[name] = replace(failed_loads[name], lost=again.cause)
    return ended


def _end(ctx: Context, batch: Batch, name: str, loaded: Load, cut: int) -> StepEnd:
    """The end of one change of the batch."""
    change, new = batch.changes[name], loaded.new
    line = ctx.resource(change.resource, change.slot)
    facts = {"port": batch.router.port, "seconds": new.seconds, "cut_requests": cut, "log_lines": new.log_lines}
    if change.action not in PUTS:
        ctx.tell(change, Stage.STOPPED)
        return StepEnd(outcome=outcome(change, Result.DONE, _cut(cut), cut_requests=cut), after=stopped(line, change))
    applied, before = batch.after[change.resource], _before(batch, name)
    if new.ready:
        ctx.tell(change, Stage.READY, port=batch.router.port, elapsed=new.seconds)
        done = outcome(change, Result.DONE, _cut(cut), **facts)
        return StepEnd(outcome=done, after=running(line, change, applied, None, new.seconds))
    noted = failed(line, digest(applied.document), new.cause, ctx.world.clock.now())
    after = replace(noted, resource=change.resource, applied=before or applied, desired_running=True)
    if before is not None and not loaded.lost:
        ctx.tell(change, Stage.RESTORED, new.cause, port=batch.router.port)
        return StepEnd(outcome=outcome(change, Result.RESTORED, new.cause, **facts), after=after)
    cause = f"{new.cause}; the section before does not load either: {loaded.lost}" if loaded.lost else new.cause
    ctx.tell(change, Stage.FAILED, cause)
    return StepEnd(outcome=outcome(change, Result.FAILED, cause, **facts), after=after)


def _cut(cut: int) -> str:
    return f"{cut} running requests were cut" if cut else ""
