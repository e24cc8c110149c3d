"""What a run that was cut off has left: children that its intents prove ours, and sections that it gave the router."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.apply.adoption import instance_of
from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.domain.change import Action, Reason
from reconciler.domain.names import ResourceId
from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.plan import Plan
from reconciler.spec.record import OpenStep, ResourceRecord
from reconciler.store import Writer

UNSEEN = frozenset({Reason.BLOCKED, Reason.UNKNOWN, Reason.PROTECTED})
"""Why a resource is kept that was not held against anything."""


def take_over(ctx: Context, plan: Plan, writer: Writer) -> Mapping[int, ResourceId]:
    """Records what lives of it and closes its steps; returns those that stay open until this run is through."""
    for line in begun(ctx):
        writer.put(line, ctx.world.clock.now())
    crashpoint("found-noted")
    left = in_doubt(ctx)
    writer.abandon_open_steps(ctx.world.clock.now(), but=undecided(ctx, plan, left) if plan.is_empty else left)
    crashpoint("steps-abandoned")
    return left


def begun(ctx: Context) -> tuple[ResourceRecord, ...]:
    """
    Record lines of living processes that a run that was cut off had just started.

    Its intents, which say what they were made from, are closed now; the next run may be cut off as well.
    """
    known = {step.instance for step in ctx.record.open_steps}
    found = ((line, ctx.carrier(line.uid)) for line in ctx.record.resources.values())
    return tuple(
        replace(line, instance=instance_of(carrier.process, log=str(ctx.world.log(line.uid))))
        for line, carrier in found
        if carrier is not None and carrier.process.marks and carrier.process.marks.instance in known
    )


def in_doubt(ctx: Context) -> dict[int, ResourceId]:
    """
    Open steps, with their resources, that may have given the router other sections than the record has, or told a
    process to end that lives.

    Only they make a plan look into the router's own list, or doubt what runs; so they stay open until a run is through
    with the resource, which may itself be cut off, or leave it out.
    """
    return {
        step.step: step.resource
        for step in ctx.record.open_steps
        if step.action == Action.RELOAD
        or (step.applied is not None and step.applied.serve == "router")
        or _was_to_end(ctx, step)
    }


def _was_to_end(ctx: Context, step: OpenStep) -> bool:
    """Whether it was there to end a process that lives."""
    carrier = ctx.carrier(step.uid)
    if carrier is None:
        return False
    marks = carrier.process.marks
    return step.ends(step.uid, marks.instance if marks else None)


def undecided(
    ctx: Context, plan: Plan, left: Mapping[int, ResourceId], outcomes: Sequence[Outcome] = ()
) -> tuple[int, ...]:
    """Those steps whose resources this run has left as they are without a look at them."""
    skipped = {one.resource for one in outcomes if one.result is Result.SKIPPED}
    unseen = [
        one for one in plan.changes if one.resource in skipped or (one.action is Action.KEEP and one.reason in UNSEEN)
    ]
    names = {name for one in unseen for name in (one.resource, ctx.resource(one.resource, one.slot).resource)}
    return tuple(step for step, resource in left.items() if resource in names)
