"""The processes of the router's models: they must be gone before their successors want the same memory."""

from collections.abc import Collection

from reconciler.apply.context import Context
from reconciler.domain.observation import ObservedProcess
from reconciler.llama.argv import after

LOOK = 0.02
PATIENCE = 15.0
"""Seconds: llama-server's own `stop-timeout` of 10 s for a child that still works, and some more."""


def children(ctx: Context, names: Collection[str]) -> list[ObservedProcess]:
    """The living processes of these models."""
    found = ctx.world.processes.scan().processes
    ours = [one for one in found if one.marks and one.marks.fleet == ctx.record.lineage]
    return [one for one in ours if served_by(one) in names and "--log-file" in one.argv]


def served_by(process: ObservedProcess) -> str:
    """The model that a child serves."""
    return after("--alias", process.argv).split(",")[0]


async def gone(ctx: Context, processes: Collection[ObservedProcess]) -> None:
    """
    Waits for their end, which a reload answers before it has come.

    A load that is asked for meanwhile may be ended together with the process that it replaces.
    """
    deadline = ctx.world.clock.monotonic() + PATIENCE
    while ctx.world.clock.monotonic() < deadline and any(_lives(ctx, one) for one in processes):
        await ctx.world.clock.sleep(LOOK)


def _lives(ctx: Context, process: ObservedProcess) -> bool:
    now = ctx.world.processes.inspect(process.identity.pid)
    return now is not None and now.identity.is_same_life(process.identity)
