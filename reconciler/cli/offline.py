"""
A plan without a look: the world is taken to be as it was last recorded.

It shows what a change of the files means, on a machine that has neither the models nor the processes.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.cli.wiring import Site
from reconciler.domain.identity import Marks
from reconciler.domain.names import ROUTER, model_name
from reconciler.domain.observation import (
    BinaryIdentity,
    FileFacts,
    Health,
    Observation,
    ObservedInstance,
    ObservedProcess,
    RouterModelState,
)
from reconciler.llama.environment import passed_on
from reconciler.plan.options import PlanOptions
from reconciler.plan.planner import make_plan
from reconciler.spec.document import files_of
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Record, ResourceRecord
from reconciler.supervise.passes import Planned

NOTICE = "offline: compared with what was last applied, without looking at this machine"


def plan_offline(site: Site, record: Record, options: PlanOptions) -> Planned:
    """The plan for a world that is as recorded."""
    fleet = site.fleet.spec
    seen = as_recorded(fleet, record, site.build.identity)
    plan = make_plan(fleet, record, seen, replace(options, notices=(*options.notices, NOTICE)))
    diagnostics = (*site.fleet.diagnostics, *map(site.fleet.placed, plan.diagnostics))
    return Planned(plan=replace(plan, diagnostics=diagnostics), fleet=fleet, record=record, seen=seen)


def as_recorded(fleet: FleetSpec, record: Record, binary: BinaryIdentity) -> Observation:
    """The observation that would find nothing changed."""
    lines = [line for line in record.resources.values() if line.desired_running]
    documents = [line.applied.document for line in lines if line.applied]
    process = next((one for one in documents if "llama_server" in one), {})
    build = process.get("llama_server", {})
    alive = [line for line in lines if line.instance]
    routed = [line for line in lines if line.applied and line.applied.serve == "router"]
    return Observation(
        boot_id=next((line.instance.identity.boot_id for line in alive if line.instance), ""),
        taken_at=0.0,
        binary=replace(binary, **build),
        instances={line.uid: (_instance(line, record),) for line in alive},
        files=_files(fleet, documents),
        router_models=_loaded(routed) if any(line.resource == ROUTER for line in alive) else None,
        secrets=_secrets(fleet, process.get("secrets", {})),
        environment=process.get("environment") or passed_on(os.environ),
    )


def _instance(line: ResourceRecord, record: Record) -> ObservedInstance:
    instance = line.instance
    if instance is None:
        msg = f"{line.resource} has no instance"
        raise AssertionError(msg)
    marks = Marks(instance=instance.instance, fleet=record.lineage, slot=line.uid)
    process = ObservedProcess(
        identity=instance.identity,
        parent_pid=1,
        argv=instance.argv,
        marks=None if instance.adopted else marks,
        started_at=instance.started_at,
    )
    return ObservedInstance(process=process, carrier=True, adopted=instance.adopted, health=Health.OK)


def _loaded(lines: list[ResourceRecord]) -> dict[str, RouterModelState]:
    names = [name for line in lines if (name := model_name(line.resource))]
    return {name: RouterModelState(name=name, status="loaded") for name in names}


def _files(fleet: FleetSpec, documents: list[Mapping[str, Any]]) -> dict[str, FileFacts]:
    known = {path: facts for document in documents for path, facts in document.get("files", {}).items()}
    declared = {path for model in fleet.models.values() for some in files_of(model).values() for path in some}
    return {path: FileFacts(path=path, **known.get(path, {})) for path in declared | set(known)}


def _secrets(fleet: FleetSpec, recorded: Mapping[str, str | None]) -> dict[str, str | None]:
    """A secret that was never recorded is taken to be there."""
    return {ref.reference: recorded.get(variable) or "" for variable, ref in fleet.server.secrets().items()}
