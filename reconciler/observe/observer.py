"""One look at the world, for one fleet and what was recorded of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, SlotUid
from reconciler.domain.observation import FileFacts, Observation, ObservedInstance, RouterModelState
from reconciler.llama.address import reachable
from reconciler.llama.argv import host_of, port_of
from reconciler.llama.environment import passed_on
from reconciler.observe.keys import key_of, with_other_secrets
from reconciler.observe.ownership import adopted, by_slot, ours
from reconciler.observe.recovery import lineage_of, with_begun, with_found, with_sections
from reconciler.observe.strangers import strangers
from reconciler.runtime import servers
from reconciler.runtime.api_token import fingerprint_of
from reconciler.runtime.world import World
from reconciler.spec.document import files_of
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record


@frozen
class Look:
    """An observation, and the record completed by what was found alive."""

    record: Record
    seen: Observation


async def observe(world: World, record: Record, fleet: FleetSpec) -> Look:
    """
    Looks at everything that a plan for this fleet may depend on. Changes nothing.

    A record without a lineage (the store is gone) takes the one that living children carry.
    """
    scan = world.processes.scan()
    lineage = record.lineage or lineage_of(scan.processes, world.slots)
    processes = ours(scan.processes, lineage=lineage, slots=world.slots)
    record = with_found(replace(record, lineage=lineage), fleet, processes, world.locks.resources())
    record = with_begun(record, processes)
    slots = by_slot(processes, record) | adopted(record, world.processes)
    # In this order: one that changes in between is taken for another one, and not for the one that was found.
    secrets = {
        ref.reference: fingerprint_of(variable, ref.reference, world.secrets)
        for variable, ref in fleet.server.secrets().items()
    }
    slots = with_other_secrets(world, slots, record, fleet.server)
    # A router takes a while to list a thousand models; meanwhile we look at the rest.
    router_models = asyncio.ensure_future(_router(world, record, fleet, slots))
    instances = await servers.with_health(world.http, slots, _hosts(slots))
    listening = world.processes.listeners(_ports(record, fleet))
    seen = Observation(
        boot_id=world.processes.boot_id(),
        taken_at=world.clock.now(),
        binary=world.binary,
        complete=scan.complete,
        problems=scan.problems,
        instances=instances,
        listening=listening,
        strangers=tuple(strangers(world.processes, listening, instances, record, fleet)),
        files=_files(world, fleet),
        secrets=secrets,
        environment=passed_on(world.environ),
        lock_holders=world.locks.held(),
        host=world.host.facts(world.directory),
        router_models=await router_models,
    )
    record = with_sections(record, fleet, seen.router_models, world.log("").parent)
    return Look(record=record, seen=seen)


def _hosts(slots: Mapping[SlotUid, tuple[ObservedInstance, ...]]) -> dict[SlotUid, str]:
    """Where each carrier listens, by its own command line: the declared host may be another one by now."""
    return {slot: reachable(host_of(one.process.argv)) for slot, group in slots.items() for one in group if one.carrier}


def _ports(record: Record, fleet: FleetSpec) -> frozenset[int]:
    """The ports that matter: declared ones, given ones, and the pool."""
    declared = {model.port for model in fleet.models.values()} | {one.port for one in record.resources.values()}
    router = {fleet.active_router.port} if fleet.active_router else set()
    return frozenset(port for port in declared | router | set(fleet.server.pool) if port is not None)


def _files(world: World, fleet: FleetSpec) -> Mapping[str, FileFacts]:
    """Facts of every file that an enabled model is made from."""
    paths = {
        path for model in fleet.models.values() if model.enabled for some in files_of(model).values() for path in some
    }
    return world.files.models(sorted(paths))


async def _router(
    world: World, record: Record, fleet: FleetSpec, instances: Mapping[SlotUid, tuple[ObservedInstance, ...]]
) -> Mapping[str, RouterModelState] | None:
    resource = record.resources.get(ROUTER)
    carrier = next((one for one in instances.get(resource.uid, ()) if one.carrier), None) if resource else None
    port = port_of(carrier.process.argv) if carrier else None
    if carrier is None or port is None:
        return None
    host = reachable(host_of(carrier.process.argv))
    return await servers.router_models(world.http, port, host=host, token=key_of(world, carrier, fleet.server))
