"""
What runs, looked at live: processes by their identity, servers by `/health`, router models by `/models`.

MUST stay quick: it works from the record alone and imports no configuration and no pydantic.
"""

import asyncio
from dataclasses import field

from reconciler.domain.frozen import frozen
from reconciler.domain.hold import Hold
from reconciler.domain.names import ROUTER, model_name
from reconciler.domain.observation import Health, ObservedProcess, RouterModelState
from reconciler.domain.status import Condition, FleetStatus, ResourceStatus, State
from reconciler.llama.address import reachable, url
from reconciler.llama.argv import host_of, model_of, port_of
from reconciler.runtime.ports import Clock, Http, ProcessHost
from reconciler.runtime.servers import health, router_models
from reconciler.spec.record import Record, ResourceRecord

BY_HEALTH = {
    Health.OK: State.RUNNING,
    Health.LOADING: State.LOADING,
    Health.REFUSED: State.STARTING,
    Health.SILENT: State.UNKNOWN,
    Health.ERROR: State.UNKNOWN,
    Health.UNKNOWN: State.UNKNOWN,
}
IN_ROUTER = {
    "loaded": State.RUNNING,
    "sleeping": State.SLEEPING,
    "loading": State.LOADING,
    "downloading": State.LOADING,
    "unloaded": State.UNLOADED,
}


@frozen
class Eyes:
    """The few ports that status needs."""

    clock: Clock
    processes: ProcessHost
    http: Http


@frozen
class Seen:
    """One process of a slot; nothing of it when it is gone."""

    process: ObservedProcess | None
    health: Health = Health.UNKNOWN


@frozen
class RouterSeen:
    """
    The router with what it says of its models.

    Attributes:
        states: by name; `None` when there is no router or it did not answer.
        children: the processes of loaded models by name, found below the router's own.
    """

    process: ObservedProcess | None = None
    states: dict[str, RouterModelState] | None = None
    children: dict[str, ObservedProcess] = field(default_factory=dict)


async def fleet_status(eyes: Eyes, record: Record) -> FleetStatus:
    """The status of everything in the record. Reads only."""
    lines = sorted(record.resources.values(), key=lambda line: line.resource)
    looks = await asyncio.gather(*(_look(eyes, line) for line in lines))
    seen = {line.resource: look for line, look in zip(lines, looks, strict=True)}
    router = await _router(eyes, seen[ROUTER].process if ROUTER in seen else None)
    now = eyes.clock.now()
    rows = {line.resource: _row(line, seen[line.resource], router, now) for line in lines}
    return FleetStatus(
        fleet=record.fleet,
        generation=record.generation,
        in_sync=all(row.in_sync for row in rows.values()),
        observed_at=now,
        models=tuple(row for resource, row in rows.items() if resource != ROUTER),
        router=rows.get(ROUTER),
        conditions=(_held(record.hold),) if record.hold else (),
    )


def _held(hold: Hold) -> Condition:
    """The files are not read here, so it is told what they said when it was held."""
    said = "the files were not at hand then" if not hold.files else "the files said something else then"
    if hold.files == hold.spec:
        said = "the files said the same then"
    return Condition(
        type="Held",
        status="True",
        reason="Rollback",
        message=f"generation {hold.generation} is held, on behalf of {hold.who or 'somebody'}; {said}; "
        "`reconcile apply` of the files ends that, and so does `reconcile resume`",
        last_transition=hold.since,
        observed_generation=hold.generation,
    )


async def _look(eyes: Eyes, line: ResourceRecord) -> Seen:
    instance = line.instance
    process = eyes.processes.inspect(instance.identity.pid) if instance else None
    if instance is None or process is None or not instance.identity.is_same_life(process.identity):
        return Seen(process=None)
    host = reachable(host_of(process.argv))
    return Seen(process=process, health=await health(eyes.http, port_of(process.argv), host=host))


async def _router(eyes: Eyes, process: ObservedProcess | None) -> RouterSeen:
    port = port_of(process.argv) if process else None
    if process is None or port is None:
        return RouterSeen()
    below = [one for one in eyes.processes.scan().processes if one.parent_pid == process.identity.pid]
    return RouterSeen(
        process=process,
        states=await router_models(eyes.http, port, host=reachable(host_of(process.argv)), token=None),
        children={model_of(one.argv): one for one in below},
    )


def _row(line: ResourceRecord, seen: Seen, router: RouterSeen, now: float) -> ResourceStatus:
    name, serve = model_name(line.resource) or line.resource, line.applied.serve if line.applied else "dedicated"
    in_router = serve == "router"
    state = _in_router(line, router) if in_router else _own(line, seen)
    process = router.children.get(name) if in_router else seen.process
    listens = router.process if in_router else seen.process
    port = port_of(listens.argv) if listens else line.port
    ready = state in {State.RUNNING, State.SLEEPING} or (state is State.UNLOADED and _is_on_demand(line))
    expected = ready if line.desired_running else state is State.STOPPED
    return ResourceStatus(
        name=name,
        serve="router" if line.resource == ROUTER else serve,
        state=state,
        ready=ready,
        in_sync=expected and line.failure is None,
        pid=process.identity.pid if process else None,
        port=port,
        url=url(host_of(listens.argv), port) if listens and port else None,
        since=process.started_at if process else None,
        restarts=line.restarts,
        memory_bytes=process.memory_bytes if process else None,
        conditions=_conditions(line, ready=ready, state=state, now=now),
    )


def _is_on_demand(line: ResourceRecord) -> bool:
    return line.applied is not None and line.applied.document.get("load") == "on-demand"


def _own(line: ResourceRecord, seen: Seen) -> State:
    """The state of a slot with a process of its own."""
    if seen.process is None:
        return State.FAILED if line.desired_running else State.STOPPED
    return BY_HEALTH[seen.health]


def _in_router(line: ResourceRecord, router: RouterSeen) -> State:
    """The state of a model of the router."""
    if not line.desired_running:
        return State.STOPPED
    if router.states is None:
        return State.UNKNOWN if router.process else State.FAILED
    model = router.states.get(model_name(line.resource) or "")
    if model is None or model.failed:
        return State.FAILED
    state = IN_ROUTER.get(model.status, State.UNKNOWN)
    return State.EVICTED if state is State.UNLOADED and not _is_on_demand(line) else state


def _conditions(line: ResourceRecord, *, ready: bool, state: State, now: float) -> tuple[Condition, ...]:
    """The recorded conditions, `Ready` as it is at this moment."""
    recorded = {one.type: one for one in line.conditions}
    status, before = "True" if ready else "False", recorded.get("Ready")
    if before is None or before.status != status:
        message = line.failure.message if line.failure else ""
        recorded["Ready"] = Condition(
            type="Ready",
            status=status,
            reason=state.value.title().replace("-", ""),
            message=message,
            last_transition=now,
            observed_generation=before.observed_generation if before else 0,
        )
    return tuple(recorded[kind] for kind in sorted(recorded))
