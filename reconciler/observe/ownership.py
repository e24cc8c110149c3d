"""Which of the processes that were found serve a slot, and which have only outlived one that did."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from reconciler.domain.names import ROUTER, SlotUid
from reconciler.domain.observation import ObservedInstance, ObservedProcess
from reconciler.llama.argv import without_secrets
from reconciler.runtime.ports import ProcessHost
from reconciler.spec.record import InstanceRecord, Record

Slots = dict[SlotUid, tuple[ObservedInstance, ...]]


def ours(processes: Iterable[ObservedProcess], *, lineage: str, slots: Path) -> list[ObservedProcess]:
    """The processes of this store: by the fleet's mark, or by a lock of ours that they hold."""
    return [one for one in processes if one.marks and (one.marks.fleet == lineage or in_folder(one.lock_path, slots))]


def in_folder(path: str | None, folder: Path) -> bool:
    """Whether a lock lies (or lay, before it was deleted) in this folder."""
    return path is not None and Path(path).parent == folder


def by_slot(processes: Iterable[ObservedProcess], record: Record) -> Slots:
    """Marked processes by slot, each told apart as the one that was started or one that it started."""
    groups: dict[SlotUid, list[ObservedProcess]] = defaultdict(list)
    for process in processes:
        if process.marks and not process.zombie:
            groups[process.marks.slot].append(process)
    known = {one.uid: one.instance for one in record.resources.values() if one.instance}
    routers = {one.uid for one in record.resources.values() if one.resource == ROUTER}
    return {
        slot: tuple(
            ObservedInstance(process=one, carrier=_carries(one, group, known.get(slot), is_router=slot in routers))
            for one in group
        )
        for slot, group in groups.items()
    }


def _carries(
    process: ObservedProcess, group: list[ObservedProcess], recorded: InstanceRecord | None, *, is_router: bool
) -> bool:
    """
    Whether this is the process that we started.

    A child whose parent died looks like one that was started by us, so the record decides where it knows the instance;
    without it, a process of the router's slot carries it only in router mode.
    """
    if recorded and process.marks and recorded.instance == process.marks.instance:
        return recorded.identity.is_same_life(process.identity)
    same = {one.identity.pid for one in group if one.marks == process.marks}
    return process.parent_pid not in same and (not is_router or "--models-preset" in process.argv)


def adopted(record: Record, host: ProcessHost) -> Slots:
    """The adopted processes that still are what they were when they were taken over."""
    found: Slots = {}
    for resource in record.resources.values():
        instance = resource.instance
        if instance is None or not instance.adopted:
            continue
        process = host.inspect(instance.identity.pid)
        if process is None or not instance.identity.matches(process.identity):
            continue
        if without_secrets(process.argv) == instance.argv:
            found[resource.uid] = (ObservedInstance(process=process, carrier=True, adopted=True),)
    return found
