"""The sections of the router's INI: which it has by the record, which it gets, and how it is given them."""

from collections.abc import Mapping, Sequence

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.preset import write_preset
from reconciler.apply.router_models import RouterAddress, reload, states
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, SlotUid, model_name
from reconciler.domain.observation import RouterModelState
from reconciler.errors import RuntimeFailure
from reconciler.spec.record import Applied, ResourceRecord

Lines = Mapping[ResourceId, ResourceRecord]
PUTS = frozenset({Action.START, Action.RELOAD, Action.RESTART, Action.ADOPT})
"""Actions that leave the model with a section; the others take it away."""


@frozen
class Batch:
    """
    The changes, with the sections before and after.

    Attributes:
        slots: the uid of each resource, which names its log.
    """

    changes: Mapping[str, Change]
    router: RouterAddress
    before: Mapping[ResourceId, Applied]
    after: Mapping[ResourceId, Applied]
    slots: Mapping[ResourceId, SlotUid]

    def listed(self, name: str) -> ResourceId | None:
        """What the router knows the model of a change as; it stands there under its old name when it moves."""
        slot = self.changes[name].slot
        return next((one for one, uid in self.slots.items() if uid == slot and one in self.before), None)

    def listed_as(self, name: str) -> str:
        """The same as a name; that of the change when the router does not have it yet."""
        return model_name(self.listed(name) or self.changes[name].resource) or name

    def known_as(self, name: str) -> set[str]:
        """That name and the one of the change, which a move that was cut off may have given it."""
        return {name, self.listed_as(name)}

    def section_before(self, name: str) -> Applied | None:
        """The other section that a model had; one that is the same under the same name is no way back."""
        old, now = self.listed(name), self.changes[name].resource
        before = self.before[old] if old else None
        return before if old != now or before != self.after.get(now) else None


def sections_after(
    before: Mapping[ResourceId, Applied], changes: Sequence[Change], ctx: Context, lines: Lines
) -> dict[ResourceId, Applied]:
    """The sections once all these changes are made; a moved model takes its old name along."""
    after = dict(before)
    for change in changes:
        for line in lines.values():
            if line.uid == change.slot:
                after.pop(line.resource, None)
        wanted = ctx.wanted(change) if change.action in PUTS else None
        if wanted is not None and wanted.serve == "router":
            after[change.resource] = wanted
    return after


def listed(lines: Lines) -> dict[ResourceId, Applied]:
    """The sections that the router has by the record."""
    return {
        line.resource: line.applied
        for line in lines.values()
        if line.applied and line.applied.serve == "router" and line.desired_running
    }


def slots_of(lines: Lines, changes: Sequence[Change]) -> dict[ResourceId, SlotUid]:
    """The uid of each resource, recorded or new."""
    return {line.resource: line.uid for line in lines.values()} | {
        change.resource: change.slot for change in changes if change.slot
    }


async def put(ctx: Context, batch: Batch, sections: Mapping[ResourceId, Applied]) -> dict[str, RouterModelState]:
    """
    Writes the sections, reloads, and compares what the router lists, which it returns, with what it was given.

    Raises:
        RuntimeFailure: it refused the file, or lists something else.
    """
    write_preset(ctx, sections, batch.slots)
    for change in batch.changes.values():
        if change.action is Action.RELOAD:
            ctx.tell(change, Stage.RELOADING, port=batch.router.port)
    await reload(ctx, batch.router)
    crashpoint("reloaded")
    names = {model_name(resource) or "" for resource in sections}
    now = await states(ctx, batch.router)
    if missing := names - set(now):
        raise RuntimeFailure(f"the router does not list {', '.join(sorted(missing))}", hint="reconcile logs router")
    return now
