"""
The way back of a model that changed sides between the router and a process of its own, and failed on the new one.
"""

from dataclasses import replace

from reconciler.apply.context import Context
from reconciler.apply.dedicated import restore
from reconciler.apply.policies import policy_of
from reconciler.apply.readiness import Readiness
from reconciler.apply.router_children import none_left
from reconciler.apply.router_models import LOADED, NOTHING_LOADED, RouterAddress, load
from reconciler.apply.sections import Batch, Lines, listed, put, slots_of
from reconciler.apply.step import StepEnd, WayBack, failed, outcome
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.names import model_name
from reconciler.domain.outcome import Result
from reconciler.errors import ReconcilerError
from reconciler.spec.digest import digest


async def own_again(ctx: Context, change: Change, why: Readiness) -> StepEnd:
    """
    Starts the process of its own again that a model had before it came to the router.

    What the router has begun for it has to be gone before: never two for one model.
    """
    line, wanted = ctx.resource(change.resource, change.slot), ctx.wanted(change)
    noted = failed(line, digest(wanted.document), why.cause, ctx.world.clock.now()) if wanted else line
    names = {model_name(one) or "" for one in (change.resource, line.resource)}
    try:
        await none_left(ctx, names, policy_of(line.applied))
    except ReconcilerError as error:
        message = f"{why.cause}; the version before cannot come back either: {error.summary}"
        ctx.tell(change, Stage.FAILED, message)
        end = outcome(change, Result.FAILED, message, log_lines=why.log_lines)
        return StepEnd(outcome=end, after=replace(noted, instance=None))
    return await restore(ctx, change, noted, why)


async def put_back(ctx: Context, change: Change, end: StepEnd, lines: Lines, router: RouterAddress) -> StepEnd:
    """Gives a model that did not start on its own the section again that it had in the router."""
    line, why = ctx.resource(change.resource, change.slot), end.outcome.message
    if line.applied is None:
        raise AssertionError
    noted = replace(line, failure=end.after.failure) if end.after else line
    ctx.turn_back([WayBack(change=change, line=noted, cause=why)])
    ctx.tell(change, Stage.RESTORING, why)
    before, name = listed(lines), model_name(line.resource) or ""
    batch = Batch(
        router=router,
        changes={name: change},
        before=before,
        after=before | {line.resource: line.applied},
        slots=slots_of(lines, ()),
    )
    state = (ctx.seen.router_models or {}).get(name)
    again = NOTHING_LOADED
    try:
        await put(ctx, batch, batch.after)
        # A run that was cut off on this way has left the model unlisted.
        if (state and state.status in LOADED) or line.applied.document.get("load", "always") == "always":
            again = await load(ctx, change, router, name, line.applied)
    except ReconcilerError as error:
        again = Readiness(ready=False, seconds=0.0, cause=error.summary)
    result = Result.RESTORED if again.ready else Result.FAILED
    message = why if again.ready else f"{why}; the section before does not load either: {again.cause}"
    ctx.tell(change, Stage.RESTORED if again.ready else Stage.FAILED, message, port=router.port)
    return StepEnd(outcome=replace(end.outcome, result=result, message=message, port=router.port), after=noted)
