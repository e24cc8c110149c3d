"""Waiting until a started server answers. Only progress extends the time: a growing log is none."""

from reconciler.apply.context import Context
from reconciler.apply.downloads import cause_text, download_of
from reconciler.apply.launch import Launched
from reconciler.apply.policies import policy_of
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import Health
from reconciler.llama.death import cause_of_death
from reconciler.runtime.servers import health
from reconciler.spec.policy import HealthPolicy
from reconciler.spec.record import Applied

FAST_FOR = 2.0
FAST = 0.015
SLOW = 0.25
"""Seconds: small models answer within one fast look, large ones must not be asked fifty times a second for minutes."""


@frozen
class Readiness:
    """How the wait ended; `cause` says why it was not ready."""

    ready: bool
    seconds: float
    cause: str = ""
    log_lines: tuple[str, ...] = ()


async def wait_ready(ctx: Context, change: Change, started: Launched, applied: Applied) -> Readiness:
    """Polls `/health` until it is good for `min_healthy`, the process ends, or the time without progress is over."""
    clock, policy = ctx.world.clock, policy_of(applied)
    began = loading = progressed = clock.monotonic()
    pid, download = started.instance.identity.pid, download_of(ctx, change, applied, started.port)
    weight, told, healthy_since = 0, False, None
    while True:
        if not started.handle.alive():
            return await _died(ctx, started, applied, clock.monotonic() - began)
        state = await health(ctx.world.http, started.port, host=started.host)
        now = clock.monotonic()
        if state is Health.OK:
            healthy_since = now if healthy_since is None else healthy_since
            if now - healthy_since >= policy.min_healthy:
                return await _still_there(ctx, started, applied, now - began)
        else:
            healthy_since = None
        if state is Health.LOADING and not told:
            ctx.tell(change, Stage.LOADING, pid=pid, port=started.port)
            told = True
        if state is Health.REFUSED and download and download.moved(pid):
            loading = progressed = now
        seen = ctx.world.processes.inspect(pid)
        if seen and (seen.memory_bytes or 0) > weight:
            weight, progressed = seen.memory_bytes or 0, now
        if late := overdue(policy, now - loading, now - progressed):
            tail = ctx.world.files.tail(ctx.world.log(_slot(started)))
            return Readiness(ready=False, seconds=now - began, cause=late, log_lines=tail)
        await clock.sleep(FAST if now - began < FAST_FOR else SLOW)


def _slot(started: Launched) -> str:
    return started.instance.log.rpartition("/")[2].removesuffix(".log")


def overdue(policy: HealthPolicy, total: float, idle: float) -> str:
    """
    Why it is not waited for any longer; empty when it is.

    Args:
        total: seconds, without those of a download that moved.
        idle: seconds without progress.
    """
    if total > policy.startup_limit:
        return f"not ready after {total:.0f} s (startup_limit {policy.startup_limit:g} s)"
    if idle > policy.startup_timeout:
        return f"no progress for {idle:.0f} s (startup_timeout {policy.startup_timeout:g} s)"
    return ""


async def _still_there(ctx: Context, started: Launched, applied: Applied, seconds: float) -> Readiness:
    """Somebody else on the port may have answered: ours must be alive after the answer."""
    if started.handle.alive():
        return Readiness(ready=True, seconds=seconds)
    return await _died(ctx, started, applied, seconds)


async def _died(ctx: Context, started: Launched, applied: Applied, seconds: float) -> Readiness:
    ended = await started.handle.wait(1.0)
    tail = ctx.world.files.tail(ctx.world.log(_slot(started)), lines=40, since=started.log_offset)
    cause = cause_of_death("\n".join(tail), ended.code if ended else None, ended.signal if ended else None)
    return Readiness(ready=False, seconds=seconds, cause=cause_text(cause, applied), log_lines=cause.lines)
