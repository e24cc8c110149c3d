"""
Changing sections of the living router without touching the others.

A reload cuts the requests of changed models and blocks meanwhile, so they are drained before. Afterwards a changed
model stays unloaded, `/models/load` promises nothing, and the truth stands in `/models` alone.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.downloads import cause_text
from reconciler.apply.readiness import Readiness
from reconciler.apply.router_patience import Patience
from reconciler.apply.router_progress import follow
from reconciler.apply.stopping import Address, drain
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import RouterModelState
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.llama.death import Cause, CauseKind, cause_of_death
from reconciler.llama.router_api import parse_load_reply, parse_models
from reconciler.runtime.servers import router_models
from reconciler.spec.document import read_back
from reconciler.spec.policy import HealthPolicy
from reconciler.spec.record import Applied, ResourceRecord

LOADED = frozenset({"loaded", "sleeping", "loading"})
"""States of a model that has a process."""

NOTHING_LOADED = Readiness(ready=True, seconds=0.0)
"""The end of a load that nobody needed."""

FAST_LOOK = 0.02
LOOK = 0.1
UNHEARD = 1.0
LAST_WORDS = 0.5
"""Seconds: a load that was asked for shows within one, and a log is complete within half of that."""

RELOAD_TIMEOUT = 120.0
"""Seconds: a reload blocks for the `stop-timeout` of every model that still works."""

DEAF = 30.0
"""Seconds: a router that says nothing for so long is gone, one that loads may be slow to answer."""


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
        raise _deaf(router)
    return found


def _deaf(router: RouterAddress) -> RuntimeFailure:
    return RuntimeFailure(f"the router on port {router.port} does not answer", hint="reconcile logs router")


async def reload(ctx: Context, router: RouterAddress) -> None:
    """
    Makes the router read its INI again.

    Raises:
        RuntimeFailure: it refused, and its old state is kept; or it did not answer.
    """
    try:
        reply = await ctx.world.http.get(
            router.port, "/models?reload=1", host=router.host, timeout=RELOAD_TIMEOUT, token=ctx.token
        )
    except TimeoutError as error:
        summary = f"the router on port {router.port} did not answer a reload within {RELOAD_TIMEOUT:g} s"
        raise RuntimeFailure(summary, hint="reconcile logs router") from error
    if reply is None:
        raise RuntimeFailure(f"nobody listens on the router's port {router.port}", hint="reconcile plan")
    if reply.status != HTTPStatus.OK:
        raise RuntimeFailure(
            "the router refused its new sections", detail=_said(reply.body), hint="reconcile logs router"
        )
    parse_models(reply.body)


def _said(body: bytes) -> str:
    return body.decode(errors="replace")[:500]


async def load(ctx: Context, change: Change, router: RouterAddress, name: str, section: Applied) -> Readiness:
    """
    Loads a model and waits for the truth about it. One that does not come is unloaded, so that nothing half done stays.

    Args:
        section: what the model is made from.

    Raises:
        RuntimeFailure: the router does not answer.
    """
    body = json.dumps({"model": name}).encode()
    try:
        reply = await ctx.world.http.post(router.port, "/models/load", body, host=router.host, token=ctx.token)
    except TimeoutError as error:
        raise _deaf(router) from error
    answer = parse_load_reply(reply.status, reply.body) if reply else None
    if answer is None or not (answer.accepted or answer.already_running):
        cause = (answer.message if answer else "") or "the router refused to load it"
        return Readiness(ready=False, seconds=0.0, cause=cause)
    crashpoint("load-asked")
    ctx.tell(change, Stage.LOADING, port=router.port)
    patience = Patience(ctx, change, name, section, router.port)
    following = asyncio.ensure_future(follow(ctx, change, router.host, router.port, name, loads=patience.loads))
    try:
        return await _loaded(ctx, change, router, section, patience)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _loaded(
    ctx: Context, change: Change, router: RouterAddress, section: Applied, patience: Patience
) -> Readiness:
    """Polls `/models` until the model is there, or has failed, or it is not waited for any longer."""
    clock = ctx.world.clock
    began = heard = clock.monotonic()
    while not (late := patience.over()):
        waited = clock.monotonic() - began
        found = await router_models(ctx.world.http, router.port, host=router.host, token=ctx.token)
        if found is None and clock.monotonic() - heard > DEAF:
            raise _deaf(router)
        if found is None:
            await clock.sleep(LOOK)
            continue
        state, heard = found.get(patience.name), clock.monotonic()
        if state is None:
            return Readiness(ready=False, seconds=waited, cause="the router does not list it")
        if state.status in {"loaded", "sleeping"}:
            crashpoint("loaded")
            return Readiness(ready=True, seconds=waited)
        if state.status == "unloaded" and (state.failed or waited > UNHEARD):
            cause = await _cause(ctx, change, state.exit_code)
            return Readiness(ready=False, seconds=waited, cause=cause_text(cause, section), log_lines=cause.lines)
        await clock.sleep(FAST_LOOK if waited < UNHEARD else LOOK)
    await _unload(ctx, router, patience.name)
    return Readiness(ready=False, seconds=clock.monotonic() - began, cause=late)


async def _unload(ctx: Context, router: RouterAddress, name: str) -> None:
    """Ends a child that is still loading, which the router does with SIGKILL; what it has downloaded stays."""
    body = json.dumps({"model": name}).encode()
    with suppress(TimeoutError):
        await ctx.world.http.post(router.port, "/models/unload", body, host=router.host, token=ctx.token)


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
    """Waits until these models are idle, at most their `drain_timeout`; returns how many requests will be cut."""
    at = Address(host=router.host, port=router.port, token=ctx.token)
    cut = await asyncio.gather(*(drain(ctx, change, at, policies[name], (name,)) for name, change in changes.items()))
    return {name: count or 0 for name, count in zip(changes, cut, strict=True)}
