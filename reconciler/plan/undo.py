"""
The way back of a whole run, as a plan like any other: from what stands now to what stood before it.

What the run changed is told by the record before and after, not by what it set out to do: a step that was cut short,
skipped or taken back already needs nothing, or something else. What was only brought back to life stays alive.

The order is that of every plan (`ordering`): what the run started ends first and makes room for what it ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, ResourceId, SlotUid
from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.plan import Plan
from reconciler.plan.departures import PROTECTED
from reconciler.plan.ordering import STARTING, after_ports
from reconciler.spec.record import Applied, Record, ResourceRecord


@frozen
class Undo:
    """
    What takes a run back.

    Attributes:
        plan: a protected resource that would have to stop is kept, and says so.
        versions: what resources are made from again.
        lines: what the record says of each slot once it is back; `None` when it was not there.
        told_of: the change of the run that each slot's way back belongs to.
        records: slots of which nothing but the line moves.
    """

    plan: Plan
    versions: Mapping[ResourceId, Applied] = field(default_factory=dict)
    lines: Mapping[SlotUid, ResourceRecord | None] = field(default_factory=dict)
    told_of: Mapping[SlotUid, Change] = field(default_factory=dict)
    records: tuple[SlotUid, ...] = ()


def undo_plan(plan: Plan, outcomes: Sequence[Outcome], before: Record, now: Record) -> Undo:
    """
    What brings back what stood before a run.

    Args:
        outcomes: of the run so far, none for what did not begin.
        before: the record that the plan was made from.
        now: the record after it.
    """
    failed = {one.resource for one in outcomes if one.result is Result.FAILED and one.action is not Action.STOP}
    moved = [_moved(change, before, now, failed=change.resource in failed) for change in plan.changes]
    touched = [one for one in moved if one is not None]
    backs = [(one, _back(one, router_is_another=_router_of(before) != _router_of(now))) for one in touched]
    changes = _with_router(tuple(change for _, change in backs))
    pending = {change.slot for change in changes if change.action is not Action.KEEP}
    return Undo(
        plan=replace(plan, changes=_in_waves(changes, now)),
        versions={
            one.old.resource: one.old.applied
            for one in touched
            if one.slot in pending and one.old and one.old.applied and _served(one.old)
        },
        lines={one.slot: one.target for one in touched},
        told_of={one.slot: one.change for one in touched},
        records=tuple(one.slot for one in touched if one.records_only and one.old != one.now and not one.failed),
    )


@frozen
class _Moved:
    """A resource that the run may have changed, with its line before and now."""

    change: Change
    slot: SlotUid
    old: ResourceRecord | None
    now: ResourceRecord | None
    failed: bool

    @property
    def records_only(self) -> bool:
        """Whether the run moved nothing but the line."""
        forgotten = self.now is None and not _served(self.old)
        return forgotten or self.change.action in {Action.ADOPT, Action.KEEP}

    @property
    def target(self) -> ResourceRecord | None:
        """The line once it is back; what failed stays noted, so that the next apply can say so."""
        failure = self.now.failure if self.now else None
        if self.old is None:
            return replace(self.now, desired_running=False, instance=None) if self.now and self.failed else None
        return replace(self.old, failure=failure or self.old.failure)


def _moved(change: Change, before: Record, now: Record, *, failed: bool) -> _Moved | None:
    touches = change.action is not Action.KEEP or change.fields
    if change.slot is None or not touches:
        return None
    old, line = (
        next((line for line in record.resources.values() if line.uid == change.slot), None) for record in (before, now)
    )
    return _Moved(change=change, slot=change.slot, old=old, now=line, failed=failed)


def _back(one: _Moved, *, router_is_another: bool) -> Change:
    action = _action(one, router_is_another=router_is_another)
    line = one.old or one.now
    protected = action is Action.STOP and one.now is not None and one.now.is_protected
    return Change(
        resource=line.resource if line else one.change.resource,
        action=Action.KEEP if protected else action,
        reason=Reason.PROTECTED if protected else Reason.REPLACED,
        slot=one.slot,
        port=line.port if line and not _in_router(line) else None,
        note=PROTECTED if protected else "",
        forget_after=action is Action.STOP and one.target is None,
    )


def _action(one: _Moved, *, router_is_another: bool) -> Action:
    old, now = one.old, one.now
    was, runs = _served(old), _served(now)
    if one.records_only or not (was or runs):
        return Action.KEEP
    if old is None or now is None or not (was and runs):
        nothing_runs = one.failed and not _in_router(now)
        return Action.START if was else Action.KEEP if nothing_runs else Action.STOP
    return _to_version_before(one, old, now, router_is_another=router_is_another)


def _to_version_before(one: _Moved, old: ResourceRecord, now: ResourceRecord, *, router_is_another: bool) -> Action:
    same = old.resource == now.resource and old.applied == now.applied
    if _in_router(old) and _in_router(now):
        return Action.KEEP if same and not one.failed and not router_is_another else Action.RELOAD
    if _in_router(old) or _in_router(now):
        return Action.RESTART
    if now.instance is None:
        return Action.START if one.failed or not same else Action.KEEP
    return Action.KEEP if same else Action.RESTART


def _with_router(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """A router that the run has started stays for a protected model, which ends with it."""
    held = any(change.reason is Reason.PROTECTED and change.port is None for change in changes)
    return tuple(
        replace(change, action=Action.KEEP, reason=Reason.PROTECTED, note=PROTECTED)
        if held and change.resource == ROUTER and change.action is Action.STOP
        else change
        for change in changes
    )


def _in_waves(changes: Sequence[Change], now: Record) -> tuple[Change, ...]:
    by_slot = {line.uid: line for line in now.resources.values()}
    restarts = any(change.resource == ROUTER and change.action in STARTING for change in changes)
    waves = {
        change.resource: _wave(change, by_slot.get(change.slot or SlotUid("")), router_restarts=restarts)
        for change in changes
    }
    holders = {line.port: line.resource for line in by_slot.values() if line.port and line.instance}
    waves |= after_ports(changes, holders, waves)
    placed = (replace(change, wave=waves[change.resource]) for change in changes)
    return tuple(sorted(placed, key=lambda one: (one.wave, not one.action.frees_memory, one.resource)))


def _wave(change: Change, now: ResourceRecord | None, *, router_restarts: bool) -> int:
    """As in every plan (`ordering`); a section ends with the router where that starts without it."""
    is_router = change.resource == ROUTER
    own = now is not None and not _in_router(now)
    match change.action:
        case Action.STOP:
            return 4 if is_router else 2 if router_restarts and not own else 0
        case Action.RESTART if own and change.port is not None:
            return 1
    return 1 if is_router and change.action in STARTING else 2


def _served(line: ResourceRecord | None) -> bool:
    return line is not None and line.desired_running and line.applied is not None


def _in_router(line: ResourceRecord | None) -> bool:
    return line is not None and line.applied is not None and line.applied.serve == "router"


def _router_of(record: Record) -> str | None:
    line = record.resources.get(ROUTER)
    return line.instance.instance if line and line.instance else None
