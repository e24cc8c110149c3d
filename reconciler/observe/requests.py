"""How many requests are in flight where a plan would disturb them: asked only then, to keep other plans quick."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from reconciler.domain.names import ROUTER, SlotUid
from reconciler.domain.observation import Observation, ObservedInstance, RouterModelState
from reconciler.llama.address import reachable
from reconciler.llama.argv import host_of, port_of
from reconciler.observe.keys import key_of
from reconciler.runtime.servers import busy
from reconciler.runtime.world import World
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record


async def with_requests(
    world: World,
    fleet: FleetSpec,
    record: Record,
    seen: Observation,
    *,
    slots: Collection[SlotUid],
    models: Collection[str],
) -> Observation:
    """The observation with `busy` filled in for these slots, and for these loaded models of the router."""

    async def instance(one: ObservedInstance) -> ObservedInstance:
        argv, token = one.process.argv, key_of(world, one, fleet.server)
        return replace(one, busy=await busy(world.http, port_of(argv), host=reachable(host_of(argv)), token=token))

    async def group(slot: SlotUid) -> tuple[ObservedInstance, ...]:
        return tuple(await asyncio.gather(*(instance(one) for one in seen.instances[slot])))

    known = [slot for slot in slots if slot in seen.instances]
    instances = dict(zip(known, await asyncio.gather(*map(group, known)), strict=True))
    return replace(
        seen,
        instances={**seen.instances, **instances},
        router_models=await _models(world, fleet, record, seen, models),
    )


async def _models(
    world: World, fleet: FleetSpec, record: Record, seen: Observation, names: Collection[str]
) -> dict[str, RouterModelState] | None:
    line = record.resources.get(ROUTER)
    carrier = seen.carrier(line.uid) if line else None
    if seen.router_models is None or carrier is None:
        return None
    argv, states, token = carrier.process.argv, dict(seen.router_models), key_of(world, carrier, fleet.server)
    port, host = port_of(argv), reachable(host_of(argv))
    asked = [name for name in names if name in states and states[name].status == "loaded"]
    counts = await asyncio.gather(*(busy(world.http, port, host=host, token=token, model=name) for name in asked))
    return states | {name: replace(states[name], busy=count) for name, count in zip(asked, counts, strict=True)}
