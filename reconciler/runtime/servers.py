"""What servers say of themselves. No answer is an answer of its own kind, and never a reason to act."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

from reconciler.domain.names import SlotUid
from reconciler.domain.observation import Health, ObservedInstance, RouterModelState
from reconciler.errors import LlamaApiError, RuntimeFailure
from reconciler.llama import api
from reconciler.llama.argv import port_of
from reconciler.runtime.ports import Http

PATIENCE = 1.0
"""Seconds that one look may cost; a stopped or swapping server must not hold up the others."""


async def health(http: Http, port: int | None, *, host: str) -> Health:
    """What `/health` says."""
    if port is None:
        return Health.UNKNOWN
    try:
        reply = await http.get(port, "/health", host=host, timeout=PATIENCE)
    except TimeoutError:
        return Health.SILENT
    except RuntimeFailure:
        return Health.ERROR
    if reply is None:
        return Health.REFUSED
    return api.parse_health(reply.status, reply.body).health


async def busy(http: Http, port: int | None, *, host: str, token: str | None, model: str | None = None) -> int | None:
    """How many requests are being worked on, by `/slots`; `None` when the server does not say."""
    try:
        return await working(http, port, host=host, token=token, model=model)
    except TimeoutError:
        return None


async def working(
    http: Http, port: int | None, *, host: str, token: str | None, model: str | None = None
) -> int | None:
    """
    The same for somebody who will wait.

    Raises:
        TimeoutError: no answer in time. `/slots` is answered between two batches, so this may well be work.
    """
    if port is None:
        return None
    path = "/slots" if model is None else f"/slots?autoload=false&model={quote(model)}"
    try:
        reply = await http.get(port, path, host=host, timeout=PATIENCE, token=token)
        answered = reply is not None and reply.status == HTTPStatus.OK
        return sum(slot.busy for slot in api.parse_slots(reply.body)) if reply and answered else None
    except (RuntimeFailure, LlamaApiError):
        return None


async def is_router(http: Http, port: int, *, host: str, token: str | None) -> bool:
    """Whether a server says that it is one in router mode; silence is no yes."""
    try:
        reply = await http.get(port, "/props", host=host, timeout=PATIENCE, token=token)
        return reply is not None and reply.status == HTTPStatus.OK and api.parse_props(reply.body).router
    except (TimeoutError, RuntimeFailure, LlamaApiError):
        return False


async def with_health(
    http: Http, instances: Mapping[SlotUid, tuple[ObservedInstance, ...]], hosts: Mapping[SlotUid, str]
) -> dict[SlotUid, tuple[ObservedInstance, ...]]:
    """The same instances, the carriers with their health, all asked at the same time."""

    async def ask(slot: SlotUid, one: ObservedInstance) -> ObservedInstance:
        if not one.carrier:
            return one
        return replace(one, health=await health(http, port_of(one.process.argv), host=hosts.get(slot, "127.0.0.1")))

    async def group(slot: SlotUid) -> tuple[ObservedInstance, ...]:
        return tuple(await asyncio.gather(*(ask(slot, one) for one in instances[slot])))

    slots = list(instances)
    return dict(zip(slots, await asyncio.gather(*map(group, slots)), strict=True))


async def router_models(http: Http, port: int, *, host: str, token: str | None) -> dict[str, RouterModelState] | None:
    """The router's `/models`; `None` when it did not answer."""
    from reconciler.llama.router_api import parse_models  # noqa: PLC0415 - a fleet without a router plans without it

    try:
        reply = await http.get(port, "/models", host=host, timeout=PATIENCE * 2, token=token)
        if reply is None or reply.status != HTTPStatus.OK:
            return None
        return {
            one.name: RouterModelState(
                name=one.name,
                status=one.status.value,
                failed=one.failed,
                exit_code=one.exit_code,
                port=one.port,
                args=one.args,
            )
            for one in parse_models(reply.body)
        }
    except (TimeoutError, RuntimeFailure, LlamaApiError):
        return None
