"""
Changing sections of the living router without touching the others.

A reload cuts the requests of changed models and blocks meanwhile, so they are drained before. Afterwards a changed
model stays unloaded, `/models/load` promises nothing, and the truth stands in `/models` alone.
"""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus

from reconciler.apply.context import Context
from reconciler.apply.readiness import Readiness
from reconciler.apply.router_progress import follow
from reconciler.apply.stopping import DRAIN_LOOK
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import RouterModelState
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.llama.death import Cause, CauseKind, cause_of_death
from reconciler.llama.router_api import parse_load_reply, parse_models
from reconciler.runtime.servers import busy, router_models
from reconciler.spec.document import read_back
from reconciler.spec.policy import HealthPolicy
from reconciler.spec.record import ResourceRecord

FAST_LOOK = 0.02
LOOK = 0.1
UNHEARD = 1.0
LAST_WORDS = 0.5
"""Seconds: a load that was asked for shows within one, and a log is complete within half of that."""

RELOAD_TIMEOUT = 120.0
"""Seconds: a reload blocks for the `stop-timeout` of every model that still works."""


@frozen
class RouterAddress:
    """Where the living router is reached."""

    host: str
    port: int


def address_of(line: ResourceRecord | None) -> RouterAddress | None:
    """Where the recorded router listens; nothing when none runs."""
    if line is None or line.instance is None or line.instance.port is None or line.applied is None:
        return None
    parts = read_back(line.applied)
    host = parts.router.host if parts.router and parts.router.host else parts.server.host
    return RouterAddress(host=reachable(host), port=line.instance.port)


async def states(ctx: Context, router: RouterAddress) -> dict[str, RouterModelState]:
    """
    The router's own view of its models.

    Raises:
        RuntimeFailure: it does not answer.
    """
    found = await router_models(ctx.world.http, router.port, host=router.host, token=ctx.token)
    if found is None:
        raise RuntimeFailure(f"the router on port {router.port} does not answer /models", hint="reconcile logs router")
    return found


async def reload(ctx: Context, router: RouterAddress) -> None:
    """
    Makes the router read its INI again.

    Raises:
        RuntimeFailure: it refused; its old state is kept.
    """
    reply = await ctx.world.http.get(
        router.port, "/models?reload=1", host=router.host, timeout=RELOAD_TIMEOUT, token=ctx.token
    )
    if reply is None:
        raise RuntimeFailure(f"nobody listens on the router's port {router.port}", hint="reconcile plan")
    if reply.status != HTTPStatus.OK:
        raise RuntimeFailure(
            "the router refused its new sections", detail=_said(reply.body), hint="reconcile logs router"
        )
    parse_models(reply.body)


def _said(body: bytes) -> str:
    return body.decode(errors="replace")[:500]


async def load(ctx: Context, change: Change, router: RouterAddress, name: str, policy: HealthPolicy) -> Readiness:
    """Loads a model and waits for the truth about it."""
    began = ctx.world.clock.monotonic()
    body = json.dumps({"model": name}).encode()
    reply = await ctx.world.http.post(router.port, "/models/load", body, host=router.host, token=ctx.token)
    answer = parse_load_reply(reply.status, reply.body) if reply else None
    if answer is None or not (answer.accepted or answer.already_running):
        cause = (answer.message if answer else "") or "the router refused to load it"
        return Readiness(ready=False, seconds=0.0, cause=cause)
    ctx.tell(change, Stage.LOADING, port=router.port)
    following = asyncio.ensure_future(follow(ctx, change, router.host, router.port, name))
    try:
        return await _loaded(ctx, change, router, name, policy, began)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _loaded(
    ctx: Context, change: Change, router: RouterAddress, name: str, policy: HealthPolicy, began: float
) -> Readiness:
    """Polls `/models` until the model is there, or has failed, or `startup_limit` is over."""
    clock = ctx.world.clock
    while (waited := clock.monotonic() - began) <= policy.startup_limit:
        state = (await states(ctx, router)).get(name)
        if state is None:
            return Readiness(ready=False, seconds=waited, cause="the router does not list it")
        if state.status in {"loaded", "sleeping"}:
            return Readiness(ready=True, seconds=waited)
        if state.status == "unloaded" and (state.failed or waited > UNHEARD):
            cause = await _cause(ctx, change, state.exit_code)
            text = f"{cause.kind.value}: {cause.message}"
            return Readiness(ready=False, seconds=waited, cause=text, log_lines=cause.lines)
        await clock.sleep(FAST_LOOK if waited < UNHEARD else LOOK)
    return Readiness(ready=False, seconds=waited, cause=f"not loaded after {policy.startup_limit:g} s (startup_limit)")


async def _cause(ctx: Context, change: Change, exit_code: int | None) -> Cause:
    """Why the child ended, by its log, which it begins anew with each start and may still be writing."""
    deadline = ctx.world.clock.monotonic() + LAST_WORDS
    while True:
        tail = ctx.world.files.tail(ctx.world.log(change.slot or ""), lines=40)
        cause = cause_of_death("\n".join(tail), exit_code, None)
        if cause.kind is not CauseKind.EXITED or ctx.world.clock.monotonic() > deadline:
            return cause
        await ctx.world.clock.sleep(FAST_LOOK)


async def drain_models(
    ctx: Context, router: RouterAddress, changes: Mapping[str, Change], policies: Mapping[str, HealthPolicy]
) -> dict[str, int]:
    """Waits until the changed models are idle, at most their `drain_timeout`; returns how many requests will be cut."""
    clock = ctx.world.clock
    began = clock.monotonic()

    async def one(name: str, change: Change) -> int:
        told = False
        while True:
            count = await busy(ctx.world.http, router.port, host=router.host, token=ctx.token, model=name)
            if not count or clock.monotonic() - began >= policies[name].drain_timeout:
                return count or 0
            if not told:
                ctx.tell(
                    change, Stage.DRAINING, f"waits for {count} running, at most {policies[name].drain_timeout:g} s"
                )
                told = True
            await clock.sleep(DRAIN_LOOK)

    names = list(changes)
    return dict(zip(names, await asyncio.gather(*(one(name, changes[name]) for name in names)), strict=True))
