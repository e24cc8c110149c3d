"""
Ending a process, gently first.

SIGTERM never lets a running request finish: llama-server stays alive without answering. So it is drained before; a
second SIGTERM makes it exit at once; SIGKILL is the last word. One pidfd is held from the first signal to the last.
"""

import asyncio
import signal
from collections.abc import Iterable
from dataclasses import field

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import SlotUid
from reconciler.domain.observation import ObservedInstance, ObservedProcess
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.llama.argv import host_of, port_of
from reconciler.runtime.api_token import started_key
from reconciler.runtime.ports import ProcessHandle
from reconciler.runtime.servers import working
from reconciler.spec.policy import HealthPolicy

SECOND_TERM = 2.0
AFTER_KILL = 10.0
"""Seconds: a process that outlives SIGKILL hangs in the kernel (a GPU driver), and nothing more can be done."""

DRAIN_LOOK = 0.1


@frozen
class Address:
    """Where a living server is reached, and with which key."""

    host: str
    port: int | None
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, argv: tuple[str, ...], token: str | None) -> "Address":
        """By the command line of what runs: the declared address may be another one by now."""
        return cls(host=reachable(host_of(argv)), port=port_of(argv), token=token)


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
        token = started_key(handle) or ctx.token
        cut = await drain(ctx, change, Address.of(one.process.argv, token), policy, models)
        crashpoint("drained")
        ctx.tell(change, Stage.STOPPING, pid=one.process.identity.pid)
        how = await end(handle, policy)
        crashpoint("process-ended")
        return Stopped(how=how, cut=cut)
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
    ctx: Context, change: Change, at: Address, policy: HealthPolicy, models: tuple[str, ...] = ()
) -> int | None:
    """
    Waits until no request is worked on, at most `drain_timeout`; returns how many will be cut.

    A server that does not answer may be at work, and is waited for; one that refuses to tell is not.
    """
    clock, told = ctx.world.clock, False
    deadline = clock.monotonic() + policy.drain_timeout
    while True:
        asked = (
            working(ctx.world.http, at.port, host=at.host, token=at.token, model=name) for name in models or (None,)
        )
        counts = await asyncio.gather(*asked, return_exceptions=True)
        known = [count for count in counts if isinstance(count, int)]
        silent = any(isinstance(count, TimeoutError) for count in counts)
        if not silent and not sum(known):
            return 0 if known else None
        if clock.monotonic() >= deadline:
            return sum(known) if known else None
        if not told:
            who = f"{sum(known)} running" if sum(known) else "an answer"
            ctx.tell(change, Stage.DRAINING, f"waits for {who}, at most {policy.drain_timeout:g} s")
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
        if not handle.signal(number):
            return how
        crashpoint("kill-sent" if number is signal.SIGKILL else "term-sent")
        if await handle.wait(patience) is not None:
            return how
    raise RuntimeFailure(
        f"process {handle.identity.pid} survives SIGKILL",
        hint="it hangs in the kernel, often in a GPU driver: look at `dmesg`",
    )


async def end_survivors(ctx: Context, slot: SlotUid, policy: HealthPolicy) -> None:
    """
    Ends what still carries the slot's marks once its carrier is gone: it holds memory, and the slot's lock.

    Looked for now and not in the observation: a wrapper's child is a survivor only after the wrapper has ended.
    """
    found = ctx.world.processes.scan().processes
    left = [one for one in found if one.marks and (one.marks.fleet, one.marks.slot) == (ctx.record.lineage, slot)]
    await end_all(ctx, left, policy)


async def end_all(ctx: Context, processes: Iterable[ObservedProcess], policy: HealthPolicy) -> None:
    """Ends processes that their marks prove ours."""
    for process in processes:
        handle = held(ctx, ObservedInstance(process=process, carrier=False))
        if handle is not None:
            try:
                await end(handle, policy)
            finally:
                handle.close()
