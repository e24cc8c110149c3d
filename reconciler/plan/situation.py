"""The four inputs of a plan with the questions that every decision asks of them."""

from collections.abc import Mapping

from reconciler.domain.change import FieldChange
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_id, model_name
from reconciler.domain.observation import Observation, ObservedInstance
from reconciler.llama.argv import model_of
from reconciler.plan.differ import field_changes
from reconciler.plan.identifiers import new_slot
from reconciler.plan.options import PlanOptions
from reconciler.plan.ports import Ports, assign
from reconciler.spec.document import model_applied, router_applied
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Applied, Record, ResourceRecord
from reconciler.spec.registry import effect_of

LOADED = frozenset({"loaded", "loading", "sleeping"})
"""States of a router model that take one of the places of `models_max`."""


SILENT = "the router did not say what it has loaded"


@frozen
class Situation:
    """
    Everything that a decision may look at.

    Attributes:
        lines: what is recorded by the names of today: a moved model stands under its new name, and only there.
        moved: the old name of each moved model, by its new resource.
        held: the same of models that cannot move now, because they are protected; `fleet` does not have them.
    """

    fleet: FleetSpec
    record: Record
    seen: Observation
    options: PlanOptions
    lines: Mapping[ResourceId, ResourceRecord]
    moved: Mapping[ResourceId, ResourceId]
    held: Mapping[ResourceId, ResourceId]
    ports: Ports

    def model(self, resource: ResourceId) -> ModelSpec | None:
        """The declared model."""
        return self.fleet.models.get(model_name(resource) or "")

    def slot(self, resource: ResourceId) -> SlotUid:
        """The uid of the resource: recorded, or derived for a new one."""
        line = self.lines.get(resource)
        return line.uid if line else new_slot(self.record, resource)

    def carrier(self, resource: ResourceId) -> ObservedInstance | None:
        """The live process of the resource."""
        line = self.lines.get(resource)
        return self.seen.carrier(line.uid) if line else None

    def runs(self, resource: ResourceId) -> bool:
        """Whether anything of the resource is alive: its process, or what outlived it."""
        line = self.lines.get(resource)
        return line is not None and bool(self.seen.instances.get(line.uid))

    @property
    def router_is_silent(self) -> bool:
        """Whether a router lives that does not say what it has."""
        return self.seen.router_models is None and self.carrier(ROUTER) is not None

    def loaded_in_silence(self, resource: ResourceId) -> bool:
        """Whether a router that does not say what it has has loaded the model: its process says so."""
        line = self.lines.get(ROUTER)
        inside = self.seen.instances.get(line.uid, ()) if line and self.router_is_silent else ()
        return model_name(resource) in {model_of(one.process.argv) for one in inside if not one.carrier}

    def unseen_holder(self, resource: ResourceId) -> bool:
        """Whether somebody holds the slot whom the look did not find."""
        return self.slot(resource) in self.seen.lock_holders and not self.runs(resource)

    def wanted(self, resource: ResourceId) -> Applied | None:
        """What the resource shall be made from."""
        if resource == ROUTER:
            return router_applied(self.fleet, self.seen)
        model, line, port = self.model(resource), self.lines.get(resource), self.ports.given.get(resource)
        before = line.applied if line else None
        return model_applied(self.fleet, model, self.seen, port=port, before=before) if model else None

    def fields(self, resource: ResourceId) -> tuple[FieldChange, ...]:
        """
        What differs between the applied and the declared, the name included.

        A file that cannot be read now is unknown, not changed; whoever needs it meets the pre-flight check.
        """
        line, wanted = self.lines.get(resource), self.wanted(resource)
        if line is None or wanted is None:
            return ()
        found = [one for one in field_changes(line.applied, wanted) if not self._unreadable(one.path)]
        if old := self.moved.get(resource):
            name = FieldChange(
                path="name",
                before=model_name(old),
                after=model_name(resource),
                effect=effect_of("name", serve=wanted.serve),
            )
            return (name, *found)
        return tuple(found)

    def _unreadable(self, path: str) -> bool:
        facts = self.seen.files.get(path.removeprefix("files."))
        return path.startswith("files.") and facts is not None and bool(facts.problem)


def situate(fleet: FleetSpec, record: Record, seen: Observation, options: PlanOptions) -> Situation:
    """Follows renames and gives ports: what has to be known before the first decision."""
    renamed = _moves(fleet, record)
    held = {new: old for new, old in renamed.items() if _must_not_move(record.resources[old], seen)}
    if held:
        fleet = fleet.replaced(models={name: one for name, one in fleet.models.items() if model_id(name) not in held})
    moved = {new: old for new, old in renamed.items() if new not in held}
    gone = set(moved.values())
    lines = {resource: line for resource, line in record.resources.items() if resource not in gone}
    lines |= {new: record.resources[old] for new, old in moved.items()}
    return Situation(
        fleet=fleet,
        record=record,
        seen=seen,
        options=options,
        lines=lines,
        moved=moved,
        held=held,
        ports=assign(fleet, lines, seen),
    )


def _must_not_move(line: ResourceRecord, seen: Observation) -> bool:
    """A new name costs a restart, and its block may say nothing of the mark: a protected model keeps the old one."""
    return line.is_protected and (line.desired_running or bool(seen.instances.get(line.uid)))


def _moves(fleet: FleetSpec, record: Record) -> dict[ResourceId, ResourceId]:
    """New resource to old one, for renames that did not happen yet; a name that is still declared did not move."""
    declared = {model_id(name): model.moved_from for name, model in fleet.models.items() if model.moved_from}
    return {
        new: model_id(old)
        for new, old in declared.items()
        if new not in record.resources and model_id(old) in record.resources and old not in fleet.models
    }
