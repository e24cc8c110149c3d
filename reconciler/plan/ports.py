"""
Ports of dedicated models. A pool port, once given, belongs to its model until that is forgotten, also when the pool
moves away from it: adding a model never moves another one's.
"""

from collections.abc import Iterator, Mapping

from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, ResourceId, model_id
from reconciler.domain.observation import Observation
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import ResourceRecord


@frozen
class Ports:
    """The port of each resource that has one, and what stands in the way of the others."""

    given: Mapping[ResourceId, int]
    problems: tuple[Diagnostic, ...] = ()


def assign(fleet: FleetSpec, lines: Mapping[ResourceId, ResourceRecord], seen: Observation) -> Ports:
    """
    Gives every dedicated model its port: the declared one, the one that it has, or the lowest free one of the pool.

    Args:
        lines: what is recorded, by the names of today.
    """
    models = {model_id(name): one for name, one in fleet.models.items() if one.serve == "dedicated"}
    given = {resource: one.port for resource, one in models.items() if one.port}
    if fleet.active_router:
        given[ROUTER] = fleet.active_router.port
    kept = {resource: line.port for resource, line in lines.items() if line.port and resource not in given}
    problems = [*_claimed(given, {resource: port for resource, port in kept.items() if resource in models})]
    given |= {resource: port for resource, port in kept.items() if resource in models}
    taken = {*given.values(), *kept.values(), *seen.listening}
    free = (port for port in fleet.server.pool if port not in taken)
    for resource in sorted(_without(models, given)):
        if port := next(free, None):
            given[resource] = port
        else:
            problems.append(_exhausted(fleet, resource))
    return Ports(given=given, problems=tuple(problems))


def _without(models: Mapping[ResourceId, ModelSpec], given: Mapping[ResourceId, int]) -> Iterator[ResourceId]:
    """A model that is kept stopped and never had a port needs none yet."""
    return (resource for resource, model in models.items() if model.enabled and resource not in given)


def _claimed(declared: Mapping[ResourceId, int], kept: Mapping[ResourceId, int]) -> Iterator[Diagnostic]:
    owners = {port: resource for resource, port in kept.items()}
    for resource, port in declared.items():
        if owner := owners.get(port):
            yield Diagnostic(
                code="E0505",
                summary=f"port {port} of {resource} belongs to {owner}, which has it and declares none",
                path="router.port" if resource == ROUTER else f"models.{resource.partition('/')[2]}.port",
                resource=resource,
                hint=f"choose another port here, or give {owner} a port of its own",
            )


def _exhausted(fleet: FleetSpec, resource: ResourceId) -> Diagnostic:
    return Diagnostic(
        code="E0504",
        summary=f"no port is free for {resource} in the pool {fleet.server.ports}",
        detail="every port of it is declared, given to another model, or taken by a process",
        path="server.ports",
        resource=resource,
        hint="make the pool larger: `server: { ports: 8100-8299 }`",
    )
