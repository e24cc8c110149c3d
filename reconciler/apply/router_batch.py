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
from reconciler.apply.router_children import children, gone
from reconciler.apply.router_models import LOADED, NOTHING_LOADED, RouterAddress, drain_models, load, states
from reconciler.apply.sections import PUTS, Batch, Lines, listed, put, sections_after, slots_of
from reconciler.apply.step import StepEnd, WayBack, failed, outcome, running, stopped
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import model_id, model_name
from reconciler.domain.observation import RouterModelState
from reconciler.domain.outcome import Result
from reconciler.errors import ReconcilerError
from reconciler.llama.argv import model_of
from reconciler.spec.digest import digest
from reconciler.spec.record import Applied, ResourceRecord


@frozen
class Load:
    """
    How a load ended.

    Attributes:
        new: of the new section; ready, too, when nothing had to be loaded.
        refused: whether no section was changed, because the router did not take them as they were together.
        lost: why the version before is not back either.
    """

    new: Readiness = NOTHING_LOADED
    refused: bool = False
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
    loaded: set[str] = set()
    try:
        was = await states(ctx, router)
        loaded |= {name for name, state in was.items() if state.status in LOADED}
        for change in changes:
            if change.action in PUTS and ctx.carrier(change.slot):
                await stop_process(ctx, change)
        cut = await _exchange(ctx, batch, was)
    except ReconcilerError as error:
        cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
        refused = Load(new=Readiness(ready=False, seconds=0.0, cause=cause), refused=True)
        loads = await _go_back(ctx, batch, dict.fromkeys(batch.changes, refused), loaded)
        return [await _end(ctx, batch, name, loads[name], 0) for name in batch.changes]
    loads = await _load_all(ctx, batch, loaded)
    if failed_loads := {name: one for name, one in loads.items() if not one.new.ready}:
        crashpoint("load-failed")
        back = {name: one for name, one in failed_loads.items() if _has_a_way_back(ctx, batch, name)}
        loads |= await _go_back(ctx, batch, back, loaded) if back else {}
    return [
        await _end(ctx, batch, name, loads.get(name, Load()), sum(cut.get(one, 0) for one in batch.known_as(name)))
        for name in batch.changes
    ]


def _has_a_way_back(ctx: Context, batch: Batch, name: str) -> bool:
    return batch.section_before(name) is not None or _had_its_own(ctx, batch.changes[name])


def _had_its_own(ctx: Context, change: Change) -> bool:
    """Whether the last word was to run it as a process of its own, which it goes back to."""
    line = ctx.resource(change.resource, change.slot)
    return line.desired_running and line.applied is not None and line.applied.serve == "dedicated"


async def _exchange(ctx: Context, batch: Batch, was: Mapping[str, RouterModelState]) -> dict[str, int]:
    """
    Drains what changes, and gives the router the new sections; returns how many requests were cut.

    Raises:
        RuntimeFailure: the router refused them.
    """
    changed = {
        known: one
        for name, one in batch.changes.items()
        for known in batch.known_as(name)
        if one.action is not Action.ADOPT
    }
    touched = {name: one for name, one in changed.items() if (state := was.get(name)) and state.status == "loaded"}
    policies = {name: policy_of(ctx.resource(one.resource, one.slot).applied) for name, one in touched.items()}
    cut = await drain_models(ctx, batch.router, touched, policies)
    crashpoint("drained")
    ending = children(ctx, changed)
    now = await put(ctx, batch, batch.after)
    # A run that was cut off may have given it these sections before: what is loaded still is not replaced.
    kept = {name for name, state in now.items() if state.status in {"loaded", "sleeping"}}
    await gone(ctx, [one for one in ending if model_of(one.argv) not in kept])
    return cut


def _without_router(ctx: Context, change: Change) -> StepEnd:
    """The end of a change whose router does not run; a section that shall go is gone with it."""
    line = ctx.resource(change.resource, change.slot)
    if change.action not in PUTS:
        return StepEnd(outcome=outcome(change, Result.DONE), after=stopped(line, change))
    ctx.tell(change, Stage.FAILED, "the router does not run")
    return StepEnd(outcome=outcome(change, Result.FAILED, "the router does not run"), after=line)


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
        *(_loaded(ctx, batch, change, name, batch.after[change.resource]) for name, change in wanted.items())
    )
    return {name: Load(new=one) for name, one in zip(wanted, ended, strict=True)}


async def _loaded(ctx: Context, batch: Batch, change: Change, name: str, section: Applied) -> Readiness:
    """Loads a model with the section that it has now."""
    began = ctx.world.clock.monotonic()
    try:
        async with alone(ctx, section):
            return await load(ctx, change, batch.router, name, section)
    except ReconcilerError as error:
        return Readiness(ready=False, seconds=ctx.world.clock.monotonic() - began, cause=error.summary)


async def _go_back(
    ctx: Context, batch: Batch, failures: Mapping[str, Load], loaded: Collection[str]
) -> dict[str, Load]:
    """
    Gives models the sections again that they had, under the names that they had, and loads them; says how it went.

    The file is written also where the router kept its old state: with a bad one on disk every later load could hang.
    """
    sections, olds = dict(batch.after), {name: old for name in failures if (old := batch.listed(name))}
    for name in failures:
        sections.pop(batch.changes[name].resource, None)
    sections |= {old: batch.before[old] for old in olds.values()}
    changes = {name: batch.changes[name] for name in failures}
    ctx.turn_back(
        [
            WayBack(change=changes[name], line=_failed(ctx, batch, name, one), cause=one.new.cause)
            for name, one in failures.items()
            if name in olds
        ]
    )
    try:
        await put(ctx, replace(batch, changes=changes), sections)
    except ReconcilerError as error:
        return {name: replace(one, lost=error.summary) for name, one in failures.items()}
    again = await asyncio.gather(*(_loaded_again(ctx, batch, name, failures[name], loaded) for name in olds))
    lost = {name: one.cause for name, one in zip(olds, again, strict=True)}
    return {name: replace(one, lost=lost.get(name, "")) for name, one in failures.items()}


async def _loaded_again(ctx: Context, batch: Batch, name: str, why: Load, loaded: Collection[str]) -> Readiness:
    """Loads the version before where it was loaded, or always is."""
    change, old = batch.changes[name], batch.listed_as(name)
    section = batch.before[model_id(old)]
    ctx.tell(change, Stage.RESTORING, why.new.cause)
    if old in loaded or (not why.refused and section.document.get("load", "always") == "always"):
        return await _loaded(ctx, batch, change, old, section)
    asked = why.refused and change.action in PUTS and section.document.get("load", "always") == "always"
    return Readiness(ready=not asked, seconds=0.0, cause="it was not loaded" if asked else "")


def _failed(ctx: Context, batch: Batch, name: str, why: Load) -> ResourceRecord:
    """The line of a change that failed, with what runs or is listed again in its place."""
    change, wanted = batch.changes[name], batch.after.get(batch.changes[name].resource)
    line = ctx.resource(change.resource, change.slot)
    if change.action in PUTS and wanted is not None:
        line = failed(line, digest(wanted.document), why.new.cause, ctx.world.clock.now())
    before = batch.section_before(name)
    if why.refused or before is not None:
        return line
    # It stays listed as failed.
    return replace(line, resource=change.resource, applied=wanted, desired_running=True)


async def _end(ctx: Context, batch: Batch, name: str, loaded: Load, cut: int) -> StepEnd:
    """The end of one change of the batch."""
    change, new = batch.changes[name], loaded.new
    line = ctx.resource(change.resource, change.slot)
    facts = {"port": batch.router.port, "seconds": new.seconds, "cut_requests": cut, "log_lines": new.log_lines}
    if new.ready and change.action not in PUTS:
        ctx.tell(change, Stage.STOPPED)
        return StepEnd(outcome=outcome(change, Result.DONE, _cut(cut), cut_requests=cut), after=stopped(line, change))
    if new.ready:
        ctx.tell(change, Stage.READY, port=batch.router.port, elapsed=new.seconds)
        done = outcome(change, Result.DONE, _cut(cut), **facts)
        return StepEnd(outcome=done, after=running(line, change, batch.after[change.resource], None, new.seconds))
    if change.action in PUTS and _had_its_own(ctx, change):
        return await own_again(ctx, change, new)
    after = _failed(ctx, batch, name, loaded)
    was_there = batch.listed(name) if loaded.refused else batch.section_before(name)
    if was_there is not None and not loaded.lost:
        ctx.tell(change, Stage.RESTORED, new.cause, port=batch.router.port)
        return StepEnd(outcome=outcome(change, Result.RESTORED, new.cause, **facts), after=after)
    cause = f"{new.cause}; the version before is not back either: {loaded.lost}" if loaded.lost else new.cause
    ctx.tell(change, Stage.FAILED, cause)
    return StepEnd(outcome=outcome(change, Result.FAILED, cause, **facts), after=after)


def _cut(cut: int) -> str:
    return f"{cut} running requests were cut" if cut else ""
