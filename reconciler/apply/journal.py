"""
The steps of one run: what is about to be done, what became of it, and the record as it stands in between.

All intents of a wave are one transaction before its first act; each outcome is written with the line of the record that
it makes true. A way back is a step of its own, journalled before anything is done for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.apply.conditions import with_conditions
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.step import StepEnd, WayBack, outcome
from reconciler.domain.change import Action, Change
from reconciler.domain.names import ResourceId
from reconciler.domain.outcome import Outcome, Result
from reconciler.runtime.ports import Clock
from reconciler.spec.record import ResourceRecord
from reconciler.store import StepFinish, StepIntent, Writer


@dataclass(slots=True, kw_only=True)
class Journal:
    """
    The journal of a run.

    Attributes:
        generation: that the run will make.
        lines: the record as it stands now; moves with every outcome.
        steps: the open step of each change.
        outcomes: in the order in which they were written.
    """

    writer: Writer
    clock: Clock
    run: int
    generation: int
    lines: dict[ResourceId, ResourceRecord]
    steps: dict[ResourceId, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def begin(self, intents: Sequence[StepIntent]) -> None:
        """Notes what is about to be done, all of it before any of it."""
        self.steps |= self.writer.begin_steps(self.run, intents, now=self.clock.now())

    def finish(self, ended: Sequence[tuple[Change, StepEnd]]) -> None:
        """Notes outcomes with the lines that they make true, all or none."""
        finished = [self._finished(change, end) for change, end in ended]
        self.writer.finish_steps(finished, now=self.clock.now())
        self._over(ended, finished)
        self.outcomes += [one.outcome for one in finished]
        crashpoint("step-journalled")

    def turn_back(self, ways: Sequence[WayBack]) -> None:
        """Notes that changes failed, and with that what is about to be done to have the versions before again."""
        if not ways:
            return
        ended = [
            (way.change, StepEnd(outcome=outcome(way.change, Result.FAILED, way.cause), after=way.line)) for way in ways
        ]
        finished = [self._finished(change, end) for change, end in ended]
        intents = [
            StepIntent(
                resource=way.line.resource,
                uid=way.line.uid,
                action=Action.START if way.instance else Action.RELOAD,
                instance=way.instance,
                applied=way.line.applied,
            )
            for way in ways
        ]
        begun = self.writer.turn_back(self.run, finished, intents, now=self.clock.now())
        self._over(ended, finished)
        self.steps |= {way.change.resource: begun[way.line.resource] for way in ways}
        crashpoint("undo-journalled")

    def _over(self, ended: Sequence[tuple[Change, StepEnd]], finished: Sequence[StepFinish]) -> None:
        """Follows what was written; where nothing could be, the steps are open and the lines what they were."""
        for change, _ in ended:
            del self.steps[change.resource]
        slots = {change.slot for change, _ in ended}
        for resource in [line.resource for line in self.lines.values() if line.uid in slots]:
            del self.lines[resource]
        self.lines |= {one.after.resource: one.after for one in finished if one.after}

    def _finished(self, change: Change, end: StepEnd) -> StepFinish:
        after = end.after
        if after is not None and end.outcome.result is not Result.SKIPPED:
            after = with_conditions(after, end.outcome, now=self.clock.now(), generation=self.generation)
        return StepFinish(step=self.steps[change.resource], outcome=end.outcome, after=after, forget=after is None)
