"""Whether the world is still the one that a saved plan was made for. If not, nothing of it is done."""

from collections.abc import Iterator

from reconciler.domain.change import Action
from reconciler.domain.observation import Observation
from reconciler.errors import StalePlanError
from reconciler.plan.codec import SavedPlan
from reconciler.plan.identifiers import NOBODY, identity_text
from reconciler.plan.planner import spec_digest
from reconciler.spec.record import Record


def ensure_fresh(saved: SavedPlan, record: Record, seen: Observation) -> None:
    """
    Compares the basis of a plan with today.

    Raises:
        StalePlanError: with one sentence for each thing that moved.
    """
    if moved := tuple(_moved(saved, record, seen)):
        raise StalePlanError(
            "the world moved after this plan was saved", moved=moved, hint="run `reconcile plan --out FILE` again"
        )


def _moved(saved: SavedPlan, record: Record, seen: Observation) -> Iterator[str]:
    basis = saved.plan.basis
    if basis.spec_digest != spec_digest(saved.fleet):
        yield "the file was edited: its spec is not the one that was planned"
    if basis.lineage != record.lineage and (basis.lineage or record.resources):
        yield f"the store is another one: lineage {record.lineage or 'none'}, planned with {basis.lineage or 'none'}"
    elif basis.serial != record.serial and (basis.lineage or record.resources):
        yield f"the store was written since: serial {record.serial}, planned with {basis.serial}"
    if basis.boot_id != seen.boot_id:
        yield "the host was booted since"
        return
    yield from _processes(saved, seen)
    yield from _ports(saved, seen)


def _processes(saved: SavedPlan, seen: Observation) -> Iterator[str]:
    slots = {change.resource: change.slot for change in saved.plan.changes}
    for resource, before in saved.plan.basis.identities:
        slot = slots.get(resource)
        carrier = seen.carrier(slot) if slot else None
        now = identity_text(carrier.process.identity if carrier else None)
        if now != before:
            yield f"{resource}: {_words(now)}, planned with {_words(before)}"


def _ports(saved: SavedPlan, seen: Observation) -> Iterator[str]:
    taken = {one.port for one in seen.strangers} | set(seen.listening)
    for change in saved.plan.changes:
        if change.action is Action.START and change.port in taken and change.slot not in seen.instances:
            held = {pid for port, pid in seen.listening.items() if port == change.port}
            ours = {one.process.identity.pid for group in seen.instances.values() for one in group}
            if not held <= ours:
                yield f"{change.resource}: port {change.port} was taken since"


def _words(identity: str) -> str:
    return "nothing runs" if identity == NOBODY else f"process {identity.partition(':')[0]}"
