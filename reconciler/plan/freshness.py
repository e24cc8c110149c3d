"""Whether the world is still the one that a saved plan was made for. If not, nothing of it is done."""

from collections.abc import Iterator

from reconciler.domain.change import Action
from reconciler.domain.diagnostic import Severity
from reconciler.domain.observation import Observation
from reconciler.domain.plan import Plan
from reconciler.errors import StalePlanError
from reconciler.plan.codec import SavedPlan
from reconciler.plan.differ import costly
from reconciler.plan.identifiers import NOBODY, identity_text
from reconciler.plan.planner import spec_digest
from reconciler.plan.preflight import STARTED
from reconciler.plan.targets import LEFT_OUT
from reconciler.spec.record import Record

OF_THE_HOST = ("files.", "llama_server.", "environment.")
"""What a process is made from that no spec says."""


def ensure_fresh(saved: SavedPlan, record: Record, seen: Observation, now: Plan) -> None:
    """
    Compares the basis of a plan with today.

    Args:
        now: what would be planned today: it knows what processes were made from, which no saved plan tells.

    Raises:
        StalePlanError: with one sentence for each thing that moved.
    """
    moved = (*_moved(saved, record, seen), *_made_otherwise(saved.plan, now), *_lacking(saved.plan, now))
    if moved:
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


def _made_otherwise(saved: Plan, now: Plan) -> Iterator[str]:
    """
    Processes with another secret than the plan knew of, those that it would take over for what they are not or restart
    for what is so no more, and those that would be made from another file, build or environment than was looked at.
    """
    started = [change for change in saved.changes if change.action in STARTED]
    if started and saved.basis.build and saved.basis.build != now.basis.build:
        yield f"llama-server is another build: {now.basis.build}, planned with {saved.basis.build}"
    for change in saved.changes:
        today = now.change(change.resource)
        if today is None or change.note == LEFT_OUT:
            continue
        unknown = [one for one in costly(today.fields) if one not in change.fields]
        paths = [one.path for one in unknown if change.action in STARTED and one.path.startswith(OF_THE_HOST)]
        if change.action is not Action.START and any(one.path.startswith("secrets.") for one in unknown):
            yield f"{change.resource}: a secret that it was started with was changed since"
        elif change.action is Action.ADOPT and today.action is not Action.ADOPT:
            yield f"{change.resource}: what runs is not what is declared any more"
        elif change.action in {Action.RESTART, Action.RELOAD} and today.action is Action.KEEP:
            yield f"{change.resource}: a plan of now would leave it as it is"
        elif paths:
            yield f"{change.resource}: {', '.join(paths)} changed since"


def _lacking(saved: Plan, now: Plan) -> Iterator[str]:
    """What is missing now for what will be started, and was there when it was planned; a secret belongs to nobody."""
    started = {change.resource for change in saved.changes if change.action in STARTED}
    known = {one.summary for one in saved.diagnostics}
    for one in now.diagnostics if started else ():
        if one.severity is Severity.ERROR and one.resource in {*started, ""} and one.summary not in known:
            yield f"{one.resource}: {one.summary}" if one.resource else one.summary


def _words(identity: str) -> str:
    return "nothing runs" if identity == NOBODY else f"process {identity.partition(':')[0]}"
