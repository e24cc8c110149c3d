"""
Ending a process, gently first.

SIGTERM never lets a running request finish: llama-server stays alive without answering. So it is drained before; a
second SIGTERM makes it exit at once; SIGKILL is the last word. One pidfd is held from the first signal to the last.
"""

import signal

from reconciler.apply.context import Context
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import ObservedInstance
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.llama.argv import host_of, port_of
from reconciler.runtime.ports import ProcessHandle
from reconciler.runtime.servers import busy
from reconciler.spec.policy import HealthPolicy

SECOND_TERM = 2.0
AFTER_KILL = 10.0
"""Seconds: a process that outlives SIGKILL hangs in the kernel (a GPU driver), and nothing more can be done."""

DRAIN_LOOK = 0.1


@frozen
class Stopped:
    """How far it had to go; `cut` counts the requests that were lost, `None` when nobody could tell."""

    how: str
    cut: int | None = 0


async def stop_instance(
    ctx: Context, change: Change, one: ObservedInstance, policy: HealthPolicy, models: tuple[str, ...] = ()
) -> Stopped:
    """
    Drains and ends a process that is proven ours.

    Args:
        models: of a router, those that are loaded and must be drained one by one.

    Raises:
        RuntimeFailure: when it is not proven ours any more, or survives SIGKILL.
    """
    handle = held(ctx, one)
    if handle is None:
        return Stopped(how="gone")
    try:
        cut = await drain(ctx, change, one, policy, models)
        ctx.tell(change, Stage.STOPPING, pid=one.process.identity.pid)
        return Stopped(how=await end(handle, policy), cut=cut)
    finally:
        handle.close()


def held(ctx: Context, one: ObservedInstance) -> ProcessHandle | None:
    """The process by its pidfd, checked after opening; nothing when it is gone."""
    handle = ctx.world.processes.open(
        one.process.identity,
        marks=None if one.adopted else one.process.marks,
        argv=one.process.argv if one.adopted else None,
    )
    if handle is None and ctx.world.processes.inspect(one.process.identity.pid) is not None:
        raise RuntimeFailure(
            f"process {one.process.identity.pid} is not the one that was observed; it is left alone",
            hint="run `reconcile plan` again",
        )
    return handle


async def drain(
    ctx: Context, change: Change, one: ObservedInstance, policy: HealthPolicy, models: tuple[str, ...] = ()
) -> int | None:
    """Waits until no request is worked on, at most `drain_timeout`; returns how many will be cut."""
    clock, port = ctx.world.clock, port_of(one.process.argv)
    host, deadline, told = reachable(host_of(one.process.argv)), clock.monotonic() + policy.drain_timeout, False
    while True:
        counts = [
            await busy(ctx.world.http, port, host=host, token=ctx.token, model=name) for name in models or (None,)
        ]
        known = [count for count in counts if count is not None]
        if not known:
            return None
        if not sum(known) or clock.monotonic() >= deadline:
            return sum(known)
        if not told:
            ctx.tell(change, Stage.DRAINING, f"waits for {sum(known)} running, at most {policy.drain_timeout:g} s")
            told = True
        await clock.sleep(DRAIN_LOOK)


async def end(handle: ProcessHandle, policy: HealthPolicy) -> str:
    """SIGTERM, a second one, SIGKILL; returns the last one that was needed."""
    first = min(SECOND_TERM, policy.stop_grace)
    for number, how, patience in (
        (signal.SIGTERM, "terminated", first),
        (signal.SIGTERM, "terminated twice", policy.stop_grace - first),
        (signal.SIGKILL, "killed", AFTER_KILL),
    ):
        if not handle.signal(number) or await handle.wait(patience) is not None:
            return how
    raise RuntimeFailure(
        f"process {handle.identity.pid} survives SIGKILL",
        hint="it hangs in the kernel, often in a GPU driver: look at `dmesg`",
    )


async def end_survivors(ctx: Context, change: Change, policy: HealthPolicy) -> int:
    """Ends processes with the slot's marks whose carrier is gone: they hold memory, and the slot's lock."""
    survivors = ctx.seen.survivors(change.slot) if change.slot else ()
    for one in survivors:
        handle = held(ctx, one)
        if handle is not None:
            try:
                await end(handle, policy)
            finally:
                handle.close()
    return len(survivors)
