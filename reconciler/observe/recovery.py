"""
Finding our own again when the store, or `run/` too, was lost.

The children are what is left: their marks name the lineage and the slot, their lock names the folder, the lock file or
their command line names the model.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_id
from reconciler.domain.observation import ObservedProcess, RouterModelState
from reconciler.llama.argv import after, model_of, port_of
from reconciler.observe.ownership import in_folder
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Applied, Record, ResourceRecord
from reconciler.spec.versions import SPEC_VERSION


def lineage_of(processes: Iterable[ObservedProcess], slots: Path) -> str:
    """The lineage that living children carry; empty when none lives."""
    found = sorted({one.marks.fleet for one in processes if one.marks and in_folder(one.lock_path, slots)})
    return found[0] if found else ""


def with_found(
    record: Record, fleet: FleetSpec | None, processes: Collection[ObservedProcess], locks: Mapping[SlotUid, str]
) -> Record:
    """
    The record with a line for each living child that it does not know.

    A resource whose recorded slot is empty gets the slot of its child: the store may be an older one that came back.
    """
    known = {one.uid for one in record.resources.values()}
    alive = {one.marks.slot for one in processes if one.marks}
    inside = _in_router(processes, fleet)
    resources = {name: line for name, line in inside.items() if line.uid not in known} | dict(record.resources)
    for process in processes:
        slot = process.marks.slot if process.marks else None
        if slot is None or slot in known:
            continue
        resource = ResourceId(locks[slot]) if slot in locks else _by_command_line(process, fleet)
        line = resources.get(resource) if resource is not None else None
        if resource is None or (line is not None and (line.uid in alive or _is_adopted(line))):
            continue
        line = line or ResourceRecord(resource=resource, uid=slot)
        found = replace(line, uid=slot, applied=None, instance=None, desired_running=True)
        resources[resource] = replace(found, port=port_of(process.argv))
        known.add(slot)
    return replace(record, resources=resources)


def _is_adopted(line: ResourceRecord) -> bool:
    """Whether its process has no marks to be found by."""
    return line.instance is not None and line.instance.adopted


def with_begun(record: Record, processes: Iterable[ObservedProcess]) -> Record:
    """The record with what a run that was cut off had just started: its intent says what the process was made from."""
    alive = {one.marks.instance: one for one in processes if one.marks}
    by_slot = {line.uid: line for line in record.resources.values()}
    for step in record.open_steps:
        process = alive.get(step.instance) if step.instance else None
        line = by_slot.get(process.marks.slot) if process and process.marks else None
        if process and line is not None and step.applied is not None:
            # Under the name and with the port that it was started with: it may just be moving.
            by_slot[line.uid] = replace(
                line,
                resource=step.resource,
                applied=step.applied,
                desired_running=True,
                port=port_of(process.argv) or line.port,
            )
    return replace(record, resources={line.resource: line for line in by_slot.values()})


def with_sections(
    record: Record, fleet: FleetSpec, listed: Mapping[str, RouterModelState] | None, logs: Path
) -> Record:
    """
    The record with a line for each model of the router that it does not know, loaded or not.

    It is ours when its log lies among ours. A run that was cut off, or failed, or a store that was lost, put it there.
    """
    lines = dict(record.resources)
    by_slot = {line.uid: line for line in lines.values()}
    for name, one in (listed or {}).items():
        if Path(after("--log-file", one.args)).parent != logs:
            continue
        found = _section(name, one.args, fleet)
        known = by_slot.get(found.uid) or lines.get(found.resource)
        if known is None:
            lines[found.resource] = found
        elif known.applied is None and known.resource == found.resource:
            lines[found.resource] = replace(known, applied=found.applied, desired_running=True)
    return replace(record, resources=lines)


def _in_router(processes: Iterable[ObservedProcess], fleet: FleetSpec | None) -> dict[ResourceId, ResourceRecord]:
    """Loaded models of the router, which need not answer for this."""
    named = ((model_of(one.argv), one.argv) for one in processes)
    lines = (_section(name, argv, fleet) for name, argv in named if name and after("--log-file", argv))
    return {line.resource: line for line in lines}


def _section(name: str, argv: tuple[str, ...], fleet: FleetSpec | None) -> ResourceRecord:
    """
    The line of a model of the router. Its log is named by its uid, and another log would be another section.

    What has to leave the router is known as a section; what belongs there is held against the router's own list.
    """
    model = fleet.models.get(name) if fleet else None
    stays = model is not None and model.enabled and model.serve == "router"
    repository = after("--hf-repo", argv)
    source = {"hf": repository} if repository else {"path": after("--model", argv)}
    section = Applied(spec_version=SPEC_VERSION, serve="router", document={**source, "serve": "router"})
    return ResourceRecord(
        resource=model_id(name),
        uid=SlotUid(Path(after("--log-file", argv)).stem),
        applied=None if stays else section,
        desired_running=True,
    )


def _by_command_line(process: ObservedProcess, fleet: FleetSpec | None) -> ResourceId | None:
    """What a process serves by its `--alias`; a child of the router is nobody's resource of its own."""
    if "--models-preset" in process.argv:
        return ROUTER
    name = model_of(process.argv)
    declared = fleet.models.get(name) if fleet else None
    if declared is not None and declared.serve == "router" and "--log-file" in process.argv:
        return ROUTER
    return model_id(name) if name else None
