"""Processes that hold a port of ours and are not ours."""

from collections.abc import Iterator, Mapping

from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_id
from reconciler.domain.observation import ObservedInstance, Stranger
from reconciler.llama.argv import is_llama_server
from reconciler.runtime.ports import ProcessHost
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record


def strangers(
    host: ProcessHost,
    listening: Mapping[int, int | None],
    instances: Mapping[SlotUid, tuple[ObservedInstance, ...]],
    record: Record,
    fleet: FleetSpec,
) -> Iterator[Stranger]:
    """One for each declared or given port that somebody else listens on."""
    own = {one.process.identity.pid for group in instances.values() for one in group}
    for port, resource in sorted(_wanted(record, fleet).items()):
        if port not in listening or (pid := listening[port]) in own:
            continue
        process = host.inspect(pid) if pid is not None else None
        yield Stranger(
            port=port,
            resource=resource,
            process=process,
            is_llama_server=bool(process and is_llama_server(process.argv)),
        )


def _wanted(record: Record, fleet: FleetSpec) -> dict[int, ResourceId]:
    ports = {one.port: one.resource for one in record.resources.values() if one.port}
    ports |= {model.port: model_id(name) for name, model in fleet.served_by("dedicated").items() if model.port}
    if fleet.active_router:
        ports[fleet.active_router.port] = ROUTER
    return ports
