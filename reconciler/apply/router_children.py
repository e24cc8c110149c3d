"""The processes of the router's models: they must be gone before their successors want the same memory."""

from collections.abc import Collection

from reconciler.apply.context import Context
from reconciler.apply.stopping import end_all
from reconciler.domain.observation import ObservedProcess
from reconciler.llama.argv import model_of
from reconciler.runtime.ports import Scan
from reconciler.spec.policy import HealthPolicy

LOOK = 0.02
PATIENCE = 15.0
"""Seconds: llama-server's own `stop-timeout` of 10 s for a child that still works, and some more."""


def children(ctx: Context, names: Collection[str]) -> list[ObservedProcess]:
    """The living processes of these models."""
    return _serving(ctx, ctx.world.processes.scan(), names)


def _serving(ctx: Context, scan: Scan, names: Collection[str]) -> list[ObservedProcess]:
    ours = [one for one in scan.processes if one.marks and one.marks.fleet == ctx.record.lineage]
    return [one for one in ours if model_of(one.argv) in names and "--log-file" in one.argv]


async def gone(ctx: Context, processes: Collection[ObservedProcess]) -> None:
    """
    Waits for their end, which a reload answers before it has come, and ends what has outlived them.

    A load that is asked for meanwhile may be ended together with the process that it replaces. What a child of the
    router has started looks like that child, and nobody ends it once the child is gone.

    Raises:
        RuntimeFailure: one survives SIGKILL.
    """
    deadline = ctx.world.clock.monotonic() + PATIENCE
    while ctx.world.clock.monotonic() < deadline and any(_is_ending(ctx, one) for one in processes):
        await ctx.world.clock.sleep(LOOK)
    names = {model_of(one.argv) for one in processes}
    while left := _orphans(ctx, names):
        await end_all(ctx, left, HealthPolicy())


async def none_beside(ctx: Context, name: str, policy: HealthPolicy) -> None:
    """
    Waits for the end of what the router has started for a model that is about to get a process of its own, and ends it.

    It may be on its way out since a run that was cut off, hang, or have outlived its router.

    Raises:
        RuntimeFailure: it survives SIGKILL.
    """
    seen = {model_of(one.process.argv) for group in ctx.seen.instances.values() for one in group if not one.carrier}
    if name in seen or name in (ctx.seen.router_models or {}):
        await none_left(ctx, {name}, policy)


async def none_left(ctx: Context, names: Collection[str], policy: HealthPolicy) -> None:
    """
    Waits for the end of all that the router has started for these models, and ends what does not end.

    Raises:
        RuntimeFailure: it survives SIGKILL.
    """
    await gone(ctx, children(ctx, names))
    await end_all(ctx, children(ctx, names), policy)


def _is_ending(ctx: Context, process: ObservedProcess) -> bool:
    """Whether it lives below a parent who may still end it."""
    now = ctx.world.processes.inspect(process.identity.pid)
    if now is None or not now.identity.is_same_life(process.identity):
        return False
    parent = ctx.world.processes.inspect(now.parent_pid)
    return parent is not None and parent.marks == now.marks


def _orphans(ctx: Context, names: Collection[str]) -> list[ObservedProcess]:
    """Those of the children of these models whose parent is none of ours, when all of ours could be seen."""
    scan = ctx.world.processes.scan()
    parents = {one.identity.pid for one in scan.processes}
    return [one for one in _serving(ctx, scan, names) if one.parent_pid not in parents] if scan.complete else []
