"""All changes of router models in one wave: one new INI, one reload, then the loads."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.crossing import own_again
from reconciler.apply.dedicated import stop as stop_process
from reconciler.apply.downloads import alone
from reconciler.apply.policies import policy_of
from reconciler.apply.readiness import Readiness
from reconciler.apply.router_children import children, gone, served_by
from reconciler.apply.router_models import LOADED, NOTHING_LOADED, RouterAddress, drain_models, load, states
from reconciler.apply.sections import PUTS, Batch, Lines, listed, put, sections_after, slots_of
from reconciler.apply.step import StepEnd, failed, outcome, running, stopped
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, model_name
from reconciler.domain.observation import RouterModelState
from reconciler.domain.outcome import Result
from reconciler.errors import ReconcilerError
from reconciler.spec.digest import digest
from reconciler.spec.record import Applied


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


async def change_models(
    ctx: Context, changes: Sequence[Change], lines: Lines, router: RouterAddress | None
) -> list[StepEnd]:
    """
    Brings the sections of the living router to what the changes want, and loads what must be loaded.

    What does not load goes back to the section or to the process that it had; when it had none, it stays listed as
    failed.
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
    ended: set[ResourceId] = set()
    try:
        was = await states(ctx, router)
        for change in changes:
            if change.action in PUTS and ctx.carrier(change.slot):
                ended.add(change.resource)
                await stop_process(ctx, change)
        cut = await _exchange(ctx, batch, was)
    except ReconcilerError as error:
        return await _refused(ctx, batch, error, ended)
    loads = await _load_all(ctx, batch, {name for name, state in was.items() if state.status in LOADED})
    failed_loads = {name: one for name, one in loads.items() if not one.new.ready}
    if failed_loads:
        crashpoint("load-failed")
    if back := {
        name: one
        for name, one in failed_loads.items()
        if batch.section_before(name) or batch.changes[name].resource in ended
    }:
        loads |= await _go_back(ctx, batch, back)
    return [
        await own_again(ctx, change, loads[name].new)
        if name in failed_loads and change.resource in ended
        else _end(ctx, batch, name, loads.get(name, Load()), cut.get(batch.listed_as(name), 0))
        for name, change in batch.changes.items()
    ]


async def _exchange(ctx: Context, batch: Batch, was: Mapping[str, RouterModelState]) -> dict[str, int]:
    """
    Drains what changes, and gives the router the new sections; returns how many requests were cut.

    Raises:
        RuntimeFailure: the router refused them.
    """
    touched = {
        listed_as: change
        for name, change in batch.changes.items()
        if change.action is not Action.ADOPT
        and (state := was.get(listed_as := batch.listed_as(name)))
        and state.status == "loaded"
    }
    policies = {name: policy_of(ctx.resource(one.resource, one.slot).applied) for name, one in touched.items()}
    cut = await drain_models(ctx, batch.router, touched, policies)
    crashpoint("drained")
    ending = children(ctx, touched)
    now = await put(ctx, batch, batch.after)
    # A run that was cut off may have given it these sections before: what is loaded still is not replaced.
    kept = {name for name, state in now.items() if state.status in {"loaded", "sleeping"}}
    await gone(ctx, [one for one in ending if served_by(one) not in kept])
    return cut


def _without_router(ctx: Context, change: Change) -> StepEnd:
    """The end of a change whose router does not run; a section that shall go is gone with it."""
    line = ctx.resource(change.resource, change.slot)
    if change.action not in PUTS:
        return StepEnd(outcome=outcome(change, Result.DONE), after=stopped(line, change))
    ctx.tell(change, Stage.FAILED, "the router does not run")
    return StepEnd(outcome=outcome(change, Result.FAILED, "the router does not run"), after=line)


async def _refused(ctx: Context, batch: Batch, error: ReconcilerError, ended: Collection[ResourceId]) -> list[StepEnd]:
    """Puts the old INI back: with a bad one on disk every later load could hang. Processes that ended start again."""
    cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
    try:
        await put(ctx, batch, batch.before)
    except ReconcilerError as second:
        cause = f"{cause}; putting the old sections back failed too: {second.summary}"
    ends = []
    for change in batch.changes.values():
        if change.resource in ended:
            ends.append(await own_again(ctx, change, Readiness(ready=False, seconds=0.0, cause=cause)))
            continue
        ctx.tell(change, Stage.FAILED, cause)
        line = ctx.resource(change.resource, change.slot)
        ends.append(StepEnd(outcome=outcome(change, Result.FAILED, cause), after=line))
    return ends


def _must_load(ctx: Context, batch: Batch, change: Change, loaded: set[str]) -> bool:
    """Always-models, and whoever was loaded before: a changed model stays unloaded by itself."""
    name, section = model_name(change.resource) or "", batch.after.get(change.resource)
    always = section is not None and section.document.get("load", "always") == "always"
    old = {model_name(line.resource) for line in ctx.record.resources.values() if line.uid == change.slot}
    return change.action in PUTS and section is not None and (always or bool({name, *old} & loaded))


async def _load_all(ctx: Context, batch: Batch, loaded: set[str]) -> dict[str, Load]:
    """Loads what must be loaded, side by side."""

    wanted = {name: change for name, change in batch.changes.items() if _must_load(ctx, batch, change, loaded)}
    ended = await asyncio.gather(
        *(_loaded(ctx, batch, change, batch.after[change.resource]) for change in wanted.values())
    )
    return {name: Load(new=one) for name, one in zip(wanted, ended, strict=True)}


async def _loaded(ctx: Context, batch: Batch, change: Change, section: Applied) -> Readiness:
    """Loads a model with the section that it has now."""
    began = ctx.world.clock.monotonic()
    try:
        async with alone(ctx, section):
            return await load(ctx, change, batch.router, model_name(change.resource) or "", section)
    except ReconcilerError as error:
        return Readiness(ready=False, seconds=ctx.world.clock.monotonic() - began, cause=error.summary)


async def _go_back(ctx: Context, batch: Batch, failed_loads: Mapping[str, Load]) -> dict[str, Load]:
    """Gives models whose new section does not load the one that they had, loads that, and says how it went."""
    sections = dict(batch.after)
    for name in failed_loads:
        del sections[batch.changes[name].resource]
        if (before := batch.section_before(name)) is not None:
            sections[batch.changes[name].resource] = before
    changes = {name: batch.changes[name] for name in failed_loads}
    try:
        await put(ctx, replace(batch, changes=changes), sections)
    except ReconcilerError as error:
        return {name: replace(one, lost=error.summary) for name, one in failed_loads.items()}
    ended = {}
    for name, change in changes.items():
        if (section := sections.get(change.resource)) is not None:
            ctx.tell(change, Stage.RESTORING, failed_loads[name].new.cause)
            again = await _loaded(ctx, batch, change, section)
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
    applied, before = batch.after[change.resource], batch.section_before(name)
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
