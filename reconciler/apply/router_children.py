"""The processes of the router's models: they must be gone before their successors want the same memory."""

from collections.abc import Collection

from reconciler.apply.context import Context
from reconciler.apply.stopping import end_all
from reconciler.domain.observation import ObservedProcess
from reconciler.llama.argv import model_of
from reconciler.spec.policy import HealthPolicy

LOOK = 0.02
PATIENCE = 15.0
"""Seconds: llama-server's own `stop-timeout` of 10 s for a child that still works, and some more."""


def children(ctx: Context, names: Collection[str]) -> list[ObservedProcess]:
    """The living processes of these models."""
    found = ctx.world.processes.scan().processes
    ours = [one for one in found if one.marks and one.marks.fleet == ctx.record.lineage]
    return [one for one in ours if model_of(one.argv) in names and "--log-file" in one.argv]


async def gone(ctx: Context, processes: Collection[ObservedProcess]) -> None:
    """
    Waits for their end, which a reload answers before it has come.

    A load that is asked for meanwhile may be ended together with the process that it replaces.
    """
    deadline = ctx.world.clock.monotonic() + PATIENCE
    while ctx.world.clock.monotonic() < deadline and any(_lives(ctx, one) for one in processes):
        await ctx.world.clock.sleep(LOOK)


async def none_beside(ctx: Context, name: str, policy: HealthPolicy) -> None:
    """
    Waits for the end of what the router has started for a model that is about to get a process of its own, and ends it.

    It may be on its way out since a run that was cut off, hang, or have outlived its router.

    Raises:
        RuntimeFailure: it survives SIGKILL.
    """
    seen = {model_of(one.process.argv) for group in ctx.seen.instances.values() for one in group if not one.carrier}
    if name in seen or name in (ctx.seen.router_models or {}):
        await gone(ctx, children(ctx, {name}))
        await end_all(ctx, children(ctx, {name}), policy)


def _lives(ctx: Context, process: ObservedProcess) -> bool:
    now = ctx.world.processes.inspect(process.identity.pid)
    return now is not None and now.identity.is_same_life(process.identity)
