"""Taking over a server that somebody started on a declared port: a plan of one change, applied like any other."""

from dataclasses import replace

from reconciler.config.load import LoadedFleet
from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.names import ROUTER, ResourceId, model_id
from reconciler.domain.observation import Observation, ObservedInstance, ObservedProcess
from reconciler.errors import RuntimeFailure, UsageError
from reconciler.llama.address import reachable
from reconciler.llama.argv import after, host_of, is_llama_server, port_of, without_secrets
from reconciler.observe.observer import observe
from reconciler.plan.identifiers import new_slot
from reconciler.plan.options import PlanOptions
from reconciler.plan.planner import make_plan
from reconciler.runtime.api_token import api_token
from reconciler.runtime.servers import is_router
from reconciler.runtime.world import World
from reconciler.spec.record import Record
from reconciler.supervise.passes import Planned

SURELY_A_MODEL = ("-m", "--model", "-hf", "-hfr", "--hf-repo")
PERHAPS_A_MODEL = ("-mu", "--model-url", "-dr", "--docker-repo")
"""Flags that name what is served; with the second alone it depends on the build."""


async def plan_adoption(
    world: World, loaded: LoadedFleet, record: Record, options: PlanOptions, *, name: str, pid: int | None
) -> Planned:
    """
    Looks for the server and plans to take it over. Nothing is signalled, now or later.

    Args:
        name: of a dedicated model, or `router`.
        pid: of the process, where the port alone does not name it.

    Raises:
        UsageError: no such model, or it has no process of its own.
        RuntimeFailure: there is no such process, it is not a llama-server, or it is ours already.
    """
    resource = _resource(loaded, name)
    look = await observe(world, record, loaded.spec)
    record, seen = look.record, look.seen
    line = record.resources.get(resource)
    slot = line.uid if line else new_slot(record, resource)
    if seen.carrier(slot):
        raise RuntimeFailure(f"{resource} runs already and is ours", hint=f"reconcile status {name}")
    process = _process(world, seen, resource, pid)
    _check(process, resource)
    await _check_role(world, loaded, process, resource)
    change = Change(
        resource=resource, action=Action.ADOPT, reason=Reason.FOUND_RUNNING, slot=slot, port=port_of(process.argv)
    )
    found = {**seen.instances, slot: (ObservedInstance(process=process, carrier=True, adopted=True),)}
    whole = make_plan(loaded.spec, record, seen, options)
    plan = replace(whole, changes=(change,), drift=(), objections=(), diagnostics=())
    return Planned(plan=plan, fleet=loaded.spec, record=record, seen=replace(seen, instances=found))


def _resource(loaded: LoadedFleet, name: str) -> ResourceId:
    if name == ROUTER and loaded.spec.active_router:
        return ROUTER
    model = loaded.spec.models.get(name)
    if model is None:
        raise UsageError(f"no model `{name}` is declared", hint="name a model of the configuration, or `router`")
    if model.serve == "router":
        raise UsageError(
            f"`{name}` is a model of the router, without a process of its own", hint="reconcile adopt router"
        )
    return model_id(name)


def _process(world: World, seen: Observation, resource: ResourceId, pid: int | None) -> ObservedProcess:
    if pid is not None:
        process = world.processes.inspect(pid)
        if process is None:
            raise RuntimeFailure(f"there is no process {pid}", hint="look at `ps`")
        return process
    stranger = next((one for one in seen.strangers if one.resource == resource), None)
    if stranger is None:
        raise RuntimeFailure(
            f"nobody listens on the port of {resource}", hint="declare its `port:`, or name the process with `--pid`"
        )
    if stranger.process is None:
        raise RuntimeFailure(f"the process on port {stranger.port} is another user's", hint="run this as that user")
    return stranger.process


def _check(process: ObservedProcess, resource: ResourceId) -> None:
    pid = process.identity.pid
    if not is_llama_server(process.argv):
        raise RuntimeFailure(f"process {pid} is no llama-server", detail=" ".join(process.argv[:1]))
    if process.marks is not None:
        raise RuntimeFailure(f"process {pid} belongs to another fleet", detail=f"lineage {process.marks.fleet}")
    if port_of(process.argv) is None:
        raise RuntimeFailure(f"the command line of process {pid} names no port", hint="start it with `--port`")
    has_model = any(after(flag, process.argv) for flag in (*SURELY_A_MODEL, *PERHAPS_A_MODEL))
    if has_model == (resource == ROUTER):
        wanted = "the router" if resource == ROUTER else "a model of its own"
        raise RuntimeFailure(f"process {pid} does not serve {wanted}", detail=" ".join(without_secrets(process.argv)))


async def _check_role(world: World, loaded: LoadedFleet, process: ObservedProcess, resource: ResourceId) -> None:
    """
    What the command line leaves open. A server that got its model by the environment has one like that of a router, and
    with an address alone some builds become a router.
    """
    if resource != ROUTER and any(after(flag, process.argv) for flag in SURELY_A_MODEL):
        return
    pid, port, host = process.identity.pid, port_of(process.argv), reachable(host_of(process.argv))
    token = api_token(world.secrets, loaded.spec.server)
    routes = port is not None and await is_router(world.http, port, host=host, token=token)
    if resource != ROUTER and routes:
        raise RuntimeFailure(f"process {pid} is a router", detail="it says so on /props", hint="reconcile adopt router")
    if resource == ROUTER and not routes:
        raise RuntimeFailure(
            f"process {pid} does not serve the router",
            detail="it does not say so on /props",
            hint="it must be ready, and know the `server.api_key` that is declared",
        )
