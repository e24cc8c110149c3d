"""Fleets, records and observations in few words; `observed.yaml` of the golden cases is read here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.domain.change import Action
from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.names import ROUTER, InstanceId, ResourceId, SlotUid, model_name
from reconciler.domain.observation import (
    BinaryIdentity,
    FileFacts,
    Health,
    HostFacts,
    Observation,
    ObservedInstance,
    ObservedProcess,
    RouterModelState,
    Stranger,
)
from reconciler.domain.plan import Plan
from reconciler.llama.catalogue import Catalogue, parse_help
from reconciler.llama.command import dedicated_argv, router_argv
from reconciler.spec.document import files_of, model_applied, router_applied
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Applied, Failure, InstanceRecord, Record, ResourceRecord
from reconciler.spec.validating import validate

ROOT = Path(__file__).parents[3]
HELP = ROOT / "tests/fixtures/llama-server/llama-server-b10434-help.txt"
BOOT = "boot-1"
LINEAGE = "lineage-1"
BINARY = BinaryIdentity(path="/opt/llama-server", size=1000, mtime_ns=1, version="version: 1 (b10434)")
ENVIRONMENT = {"HOME": "/home/u", "PATH": "/usr/bin"}


def catalogue() -> Catalogue:
    return parse_help(HELP.read_text(), build="b10434")


def fleet_of(document: Mapping[str, Any]) -> FleetSpec:
    return validate(FleetSpec, {"version": 1, "fleet": "homelab", **document})


def observation(fleet: FleetSpec, **facts: Any) -> Observation:
    """A healthy host: every file is there, every secret is known, nothing runs."""
    paths = {path for model in fleet.models.values() for some in files_of(model).values() for path in some}
    default: dict[str, Any] = {
        "boot_id": BOOT,
        "taken_at": 1000.0,
        "binary": BINARY,
        "files": {path: FileFacts(path=path, size=4096, mtime_ns=10**18) for path in paths},
        "secrets": {ref.reference: f"hmac-of-{ref.reference}" for ref in fleet.server.secrets().values()},
        "environment": ENVIRONMENT,
    }
    return Observation(**default | facts)


def slot_of(resource: str) -> SlotUid:
    return SlotUid(f"slot-of-{resource}")


def identity(pid: int) -> ProcessIdentity:
    return ProcessIdentity(boot_id=BOOT, pid=pid, start_ticks=pid * 10, pidfd_inode=pid * 100)


def instance_record(resource: str, pid: int, port: int | None) -> InstanceRecord:
    return InstanceRecord(
        instance=InstanceId(f"instance-of-{resource}"), identity=identity(pid), port=port, started_at=900.0
    )


def process(
    resource: str, pid: int, *, argv: tuple[str, ...] = (), carrier: bool = True, **facts: Any
) -> ObservedInstance:
    marks = Marks(instance=InstanceId(f"instance-of-{resource}"), fleet=LINEAGE, slot=slot_of(resource))
    seen = ObservedProcess(
        identity=identity(pid), parent_pid=1, argv=argv, marks=marks, exe_deleted=facts.pop("exe_deleted", False)
    )
    return ObservedInstance(process=seen, carrier=carrier, health=Health.OK, **facts)


def command_line(fleet: FleetSpec, resource: str, port: int) -> tuple[str, ...]:
    """What the program would start today."""
    if resource == ROUTER and fleet.active_router:
        return router_argv(
            fleet.active_router, fleet.server, port=port, binary=BINARY.path, preset="/r.ini", catalogue=catalogue()
        )
    name = model_name(ResourceId(resource)) or ""
    return dedicated_argv(fleet.models[name], name, fleet.server, port=port, binary=BINARY.path, catalogue=catalogue())


def applied_by(fleet: FleetSpec, resource: ResourceId, port: int | None) -> Applied:
    """What the record holds after this fleet was applied on a healthy host."""
    if resource == ROUTER:
        router = router_applied(fleet, observation(fleet))
        assert router is not None
        return router
    return model_applied(fleet, fleet.models[model_name(resource) or ""], observation(fleet), port=port)


def after(fleet: FleetSpec, plan: Plan, record: Record) -> tuple[Record, Observation]:
    """The world once a plan was carried out perfectly."""
    lines = dict(record.resources)
    instances: dict[SlotUid, tuple[ObservedInstance, ...]] = {}
    states: dict[str, RouterModelState] = {}
    for number, change in enumerate(plan.changes):
        lines = {resource: line for resource, line in lines.items() if line.uid != change.slot}
        old = next((line for line in record.resources.values() if line.uid == change.slot), None)
        if change.forget_after or change.slot is None:
            continue
        name = model_name(change.resource) or ""
        model = fleet.models.get(name)
        off = change.action is Action.STOP or change.note == "disabled"
        if off:
            assert old is not None
            lines[change.resource] = ResourceRecord(
                resource=change.resource, uid=change.slot, applied=old.applied, port=old.port
            )
            continue
        pid = 100 + number
        own_process = change.resource == ROUTER or (model is not None and model.serve == "dedicated")
        if own_process:
            instances[change.slot] = (_instance(change.resource, change.slot, pid),)
        else:
            assert model is not None
            status = "loaded" if model.load == "always" else "unloaded"
            states[name] = RouterModelState(name=name, status=status)
        lines[change.resource] = ResourceRecord(
            resource=change.resource,
            uid=change.slot,
            applied=applied_by(fleet, change.resource, change.port),
            instance=instance_record(change.resource, pid, change.port) if own_process else None,
            desired_running=True,
            port=change.port,
        )
    has_router = fleet.active_router is not None
    listening = {line.port: line.instance.identity.pid for line in lines.values() if line.port and line.instance}
    seen = observation(fleet, instances=instances, router_models=states if has_router else None, listening=listening)
    return Record(lineage=LINEAGE, serial=record.serial + 1, resources=lines), seen


def _instance(resource: str, slot: SlotUid, pid: int) -> ObservedInstance:
    marks = Marks(instance=InstanceId(f"instance-of-{resource}"), fleet=LINEAGE, slot=slot)
    seen = ObservedProcess(identity=identity(pid), parent_pid=1, argv=(), marks=marks)
    return ObservedInstance(process=seen, carrier=True, health=Health.OK)


def read_world(fleet: FleetSpec, document: Mapping[str, Any]) -> tuple[Record, Observation]:
    """
    A record and an observation from the short form of `observed.yaml`.

    `applied` is the fleet that was applied last (merged over the declared one where it says `same`); `lines` overrides
    facts of records by resource, `running` lists live processes, the rest are fields of the observation.
    """
    before = fleet if document.get("applied") == "same" else fleet_of(document.get("applied") or {})
    recorded = document.get("lines", {})
    lines = {}
    for name, facts in recorded.items():
        resource = ResourceId(name)
        lines[resource] = _line(before, resource, facts or {})
    serial, origin = document.get("serial", 7), document.get("origin", "")
    return Record(lineage=LINEAGE, serial=serial, origin=origin, resources=lines), _observation(fleet, document)


def _line(before: FleetSpec, resource: ResourceId, facts: Mapping[str, Any]) -> ResourceRecord:
    port, pid = facts.get("port"), facts.get("pid")
    applied = None if facts.get("lost") else applied_by(before, resource, port)
    return ResourceRecord(
        resource=resource,
        uid=slot_of(resource),
        applied=applied,
        instance=instance_record(resource, pid, port) if pid and not facts.get("lost") else None,
        desired_running=facts.get("desired", True),
        port=port,
        protected=facts.get("protected", False),
        failure=Failure(digest="d", message=facts["failed"], at=1.0) if "failed" in facts else None,
        load_seconds=tuple(facts.get("loads", ())),
    )


def _observation(fleet: FleetSpec, document: Mapping[str, Any]) -> Observation:
    instances: dict[SlotUid, tuple[ObservedInstance, ...]] = {}
    for name, given in document.get("running", {}).items():
        facts = dict(given)
        pid = facts.pop("pid")
        argv = command_line(fleet_of(facts.pop("started_by")), name, facts.pop("port")) if "started_by" in facts else ()
        instances[slot_of(name)] = (process(name, pid, argv=argv, **facts),)
    overrides: dict[str, Any] = {"instances": instances, "listening": document.get("listening", {})}
    base = observation(fleet)
    if "router_models" in document:
        states = document["router_models"]
        overrides["router_models"] = {
            name: RouterModelState(name=name, **facts | {"args": tuple(facts.get("args", ()))})
            for name, facts in states.items()
        }
    for path, facts in document.get("files", {}).items():
        overrides["files"] = {**overrides.get("files", base.files), path: FileFacts(path=path, **facts)}
    if "strangers" in document:
        overrides["strangers"] = tuple(_stranger(**one) for one in document["strangers"])
    if "binary" in document:
        overrides["binary"] = BinaryIdentity(**document["binary"])
    if "host" in document:
        overrides["host"] = HostFacts(**document["host"])
    overrides |= {key: document[key] for key in ("complete", "secrets", "environment") if key in document}
    overrides |= {key: tuple(document[key]) for key in ("problems",) if key in document}
    if "lock_holders" in document:
        overrides["lock_holders"] = frozenset(slot_of(name) for name in document["lock_holders"])
    return observation(fleet, **overrides)


def _stranger(*, port: int, resource: str, pid: int, argv: list[str], is_llama_server: bool = False) -> Stranger:
    return Stranger(
        port=port,
        resource=ResourceId(resource),
        process=ObservedProcess(identity=identity(pid), parent_pid=1, argv=tuple(argv)),
        is_llama_server=is_llama_server,
    )
