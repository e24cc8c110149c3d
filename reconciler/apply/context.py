"""What every step of one run shares."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from reconciler.apply.step import WayBack
from reconciler.domain.change import Change
from reconciler.domain.event import Hook, Progress, Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_name
from reconciler.domain.observation import Observation, ObservedInstance
from reconciler.runtime.api_token import api_token
from reconciler.runtime.world import World
from reconciler.spec.document import model_applied, router_applied, started_again
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Applied, Record, ResourceRecord


def _unheard(_ways: Sequence[WayBack]) -> None:
    """Of a context outside of a run, which starts nothing."""


@frozen
class Context:
    """
    One run.

    Attributes:
        record: completed by what the observation found alive.
        stop: set by the first ^C: what runs is finished, nothing new begins.
        sources: a lock for each thing that is downloaded.
        versions: what resources shall be made from in place of what the fleet declares: those that a run goes back to.
        turn_back: journals that changes failed and that the versions before are brought back; before any of it is done.
    """

    world: World
    fleet: FleetSpec
    record: Record
    seen: Observation
    hook: Hook
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    sources: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    versions: Mapping[ResourceId, Applied] = field(default_factory=dict)
    turn_back: Callable[[Sequence[WayBack]], None] = field(default=_unheard)

    def resource(self, resource: ResourceId, slot: SlotUid | None) -> ResourceRecord:
        """What is recorded of a resource; under its old name when it moved; a fresh line when it is new."""
        found = self.record.resources.get(resource)
        if found is None and slot is not None:
            found = next((one for one in self.record.resources.values() if one.uid == slot), None)
        return found or ResourceRecord(resource=resource, uid=slot or SlotUid(""))

    def wanted(self, change: Change) -> Applied | None:
        """What the resource shall be made from; nothing when it shall not run."""
        if change.resource in self.versions:
            return self.again(self.versions[change.resource])
        if change.resource == ROUTER:
            return router_applied(self.fleet, self.seen)
        model = self.fleet.models.get(model_name(change.resource) or "")
        before = self.resource(change.resource, change.slot).applied
        if model is None:
            # It left the files and is protected: what there is to load again is what was applied.
            return before
        return model_applied(self.fleet, model, self.seen, port=change.port, before=before)

    def again(self, before: Applied) -> Applied:
        """A version that ran before, as it is started now."""
        return started_again(before, self.fleet, self.seen)

    def carrier(self, slot: SlotUid | None) -> ObservedInstance | None:
        """The live process of a slot."""
        return self.seen.carrier(slot) if slot else None

    @property
    def token(self) -> str | None:
        """The key to ask our servers with."""
        return api_token(self.world.secrets, self.fleet.server)

    def tell(self, change: Change, stage: Stage, message: str = "", **facts: object) -> None:
        """Reports an event of a step."""
        self.hook(Progress(resource=change.resource, action=change.action, stage=stage, message=message, **facts))  # type: ignore[arg-type] # by name
