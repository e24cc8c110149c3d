"""The steps of a slot with a process of its own: a dedicated model, or the router."""

from collections.abc import Callable
from dataclasses import replace

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.downloads import alone
from reconciler.apply.launch import Launched, launch, new_instance
from reconciler.apply.policies import policy_of
from reconciler.apply.readiness import Readiness, wait_ready
from reconciler.apply.step import StepEnd, WayBack, failed, outcome, running, stopped
from reconciler.apply.stopping import end, end_survivors, stop_instance
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.names import InstanceId, ResourceId
from reconciler.domain.outcome import Result
from reconciler.errors import ReconcilerError
from reconciler.spec.digest import digest
from reconciler.spec.policy import HealthPolicy
from reconciler.spec.record import Applied, ResourceRecord


async def stop(ctx: Context, change: Change, models: tuple[str, ...] = ()) -> StepEnd:
    """Drains and ends the process of a slot, and whatever outlived it."""
    line = ctx.resource(change.resource, change.slot)
    policy = policy_of(line.applied)
    carrier = ctx.carrier(change.slot)
    result = await stop_instance(ctx, change, carrier, policy, models) if carrier else None
    await end_survivors(ctx, line.uid, policy)
    ctx.tell(change, Stage.STOPPED)
    cut = result.cut if result else 0
    message = f"{cut} running requests were cut after {policy.drain_timeout:g} s" if cut else ""
    return StepEnd(outcome=outcome(change, Result.DONE, message, cut_requests=cut), after=stopped(line, change))


async def start(
    ctx: Context,
    change: Change,
    instance: InstanceId,
    applied: Applied,
    *,
    models: tuple[str, ...] = (),
    undo: Callable[[], None] = lambda: None,
) -> StepEnd:
    """
    Makes the slot run what is asked for; what ran there before is stopped first, and started again if the new fails.

    Args:
        models: of a router that is restarted, those that are loaded and must be drained.
        undo: brings back what the version before needs besides its document (the router's INI).
    """
    line = ctx.resource(change.resource, change.slot)
    before = ctx.carrier(change.slot)
    cut: int | None = 0
    if before is not None:
        cut = (await stop_instance(ctx, change, before, policy_of(line.applied), models)).cut
    if line.uid in ctx.seen.instances:
        await end_survivors(ctx, line.uid, policy_of(line.applied))
    ctx.tell(change, Stage.STARTING, port=change.port)
    launched, readiness = await _attempt(ctx, change, change.resource, instance, applied)
    if launched is not None and readiness.ready:
        launched.handle.close()
        pid = launched.instance.identity.pid
        ctx.tell(change, Stage.READY, pid=pid, port=launched.port, elapsed=readiness.seconds)
        message = _cut(cut, policy_of(line.applied))
        done = outcome(
            change, Result.DONE, message, pid=pid, port=launched.port, seconds=readiness.seconds, cut_requests=cut
        )
        return StepEnd(outcome=done, after=running(line, change, applied, launched.instance, readiness.seconds))
    line = failed(line, digest(applied.document), readiness.cause, ctx.world.clock.now())
    if line.applied is None or (before is None and not _another_version(line, applied)):
        ctx.tell(change, Stage.FAILED, readiness.cause)
        end_of_step = outcome(
            change, Result.FAILED, readiness.cause, log_lines=readiness.log_lines, seconds=readiness.seconds
        )
        return StepEnd(outcome=end_of_step, after=replace(line, instance=None, desired_running=True, port=change.port))
    undo()
    return await restore(ctx, change, line, readiness)


def _another_version(line: ResourceRecord, applied: Applied) -> bool:
    """
    Whether the last word was to run something else here, which does not run now: it died, or a run was cut off before
    it was back. The same with another environment is the same again.
    """
    if line.applied is None or line.applied.serve != applied.serve or not line.desired_running:
        return False
    before, now = ({**one.document, "environment": None} for one in (line.applied, applied))
    return before != now


def _cut(cut: int | None, policy: HealthPolicy) -> str:
    return f"{cut} running requests were cut after {policy.drain_timeout:g} s" if cut else ""


async def restore(ctx: Context, change: Change, line: ResourceRecord, why: Readiness) -> StepEnd:
    """Starts the version that ran before, under the name that it had."""
    if line.applied is None:
        raise AssertionError
    before, instance = ctx.again(line.applied), new_instance()
    line = replace(line, applied=before)
    ctx.turn_back([WayBack(change=change, line=replace(line, instance=None), cause=why.cause, instance=instance)])
    ctx.tell(change, Stage.RESTORING, why.cause)
    launched, again = await _attempt(ctx, change, line.resource, instance, before)
    if launched is None or not again.ready:
        message = f"{why.cause}; the version before did not come back either: {again.cause}"
        ctx.tell(change, Stage.FAILED, message)
        end_of_step = outcome(change, Result.FAILED, message, log_lines=why.log_lines)
        return StepEnd(outcome=end_of_step, after=replace(line, instance=None))
    launched.handle.close()
    pid = launched.instance.identity.pid
    ctx.tell(change, Stage.RESTORED, why.cause, pid=pid, port=launched.port)
    end_of_step = outcome(
        change, Result.RESTORED, why.cause, log_lines=why.log_lines, pid=pid, port=launched.port, seconds=why.seconds
    )
    return StepEnd(outcome=end_of_step, after=replace(line, instance=launched.instance, port=launched.port))


async def _attempt(
    ctx: Context, change: Change, resource: ResourceId, instance: InstanceId, applied: Applied
) -> tuple[Launched | None, Readiness]:
    """Launches and waits; what did not become ready is ended again, so that nothing half started stays."""
    slot = ctx.resource(change.resource, change.slot).uid
    policy = policy_of(applied)
    async with alone(ctx, applied):
        try:
            launched = launch(ctx, resource, slot, applied, instance)
        except ReconcilerError as error:
            cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
            return None, Readiness(ready=False, seconds=0.0, cause=cause)
        readiness = await wait_ready(ctx, change, launched, applied)
        if not readiness.ready:
            await end(launched.handle, policy)
            launched.handle.close()
            await end_survivors(ctx, slot, policy)
    crashpoint("ready" if readiness.ready else "attempt-ended")
    return launched, readiness
