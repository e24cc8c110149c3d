"""Taking back what a run has changed, because one of its changes failed: the steps of a plan like any other."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.executor import Execution
from reconciler.apply.journal import Journal
from reconciler.apply.sections import PUTS
from reconciler.apply.step import StepEnd, outcome
from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.event import Stage
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, SlotUid
from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.plan import Plan
from reconciler.spec.record import ResourceRecord
from reconciler.store import StepIntent


@frozen
class Return:
    """
    What takes a run back (`plan.undo`), with a look at what it left.

    Attributes:
        ctx: of the way back; its record and observation are those of now.
        lines: what the record says of each slot once it is back; `None` when it was not there.
        told_of: the change of the run that each slot's way back is reported as.
        records: slots of which nothing but the line moves.
    """

    ctx: Context
    plan: Plan
    lines: Mapping[SlotUid, ResourceRecord | None]
    told_of: Mapping[SlotUid, Change]
    records: Sequence[SlotUid]


async def go_back(way: Return, journal: Journal, culprit: ResourceId, *, parallelism: int) -> None:
    """Takes the run back; what does not go back is told as failed, and the others go on."""
    forward, journal.outcomes = journal.outcomes, []
    journal.lines = dict(way.ctx.record.resources)
    why = f"went back because {culprit} failed"

    def ended_as(change: Change, end: StepEnd) -> StepEnd:
        return _ended(way, change, end, why)

    for change in way.plan.pending:
        way.ctx.tell(change, Stage.RESTORING, why)
    _move_lines(way, journal, why)
    crashpoint("lines-restored")
    execution = Execution(
        ctx=replace(way.ctx, turn_back=journal.turn_back, stop=asyncio.Event()),
        plan=way.plan,
        journal=journal,
        limit=asyncio.Semaphore(parallelism),
        ended_as=ended_as,
    )
    await execution.waves()
    stayed = [
        outcome(way.told_of[change.slot], Result.SKIPPED, f"{change.note}, also by a run that goes back")
        for change in way.plan.changes
        if change.slot and change.reason is Reason.PROTECTED
    ]
    journal.outcomes = _merged(forward, [*journal.outcomes, *stayed])


def _move_lines(way: Return, journal: Journal, why: str) -> None:
    """Gives lines back that moved without a process: what was forgotten, taken over, or changed without effect."""
    told = [way.told_of[slot] for slot in way.records]
    if not told:
        return
    intents = [StepIntent(resource=one.resource, uid=one.slot or SlotUid(""), action=Action.KEEP) for one in told]
    journal.begin(intents)
    ends = [
        (one, StepEnd(outcome=outcome(one, Result.RESTORED, why), after=way.lines[one.slot or SlotUid("")]))
        for one in told
    ]
    journal.finish(ends)


def _ended(way: Return, change: Change, end: StepEnd, why: str) -> StepEnd:
    """The end of a step back, told as that of the change that it takes back."""
    slot = change.slot or SlotUid("")
    forward, line = way.told_of[slot], way.lines[slot]
    told = replace(end.outcome, resource=forward.resource, action=forward.action)
    if end.outcome.result is not Result.DONE:
        message = f"did not go back: {end.outcome.message}"
        return StepEnd(outcome=replace(told, result=Result.FAILED, message=message), after=end.after)
    after = end.after
    if line is not None:
        # With the history of before; only the process is another one.
        line = replace(line, instance=after.instance if after else None)
        if after and change.action in PUTS:
            line = replace(line, applied=after.applied, load_seconds=after.load_seconds)
    return StepEnd(outcome=replace(told, result=Result.RESTORED, message=why), after=line)


def _merged(forward: Sequence[Outcome], back: Sequence[Outcome]) -> list[Outcome]:
    """
    One outcome a resource, the last word on it. What failed first keeps its cause, which is why the others went back.
    """
    last = {one.resource: one for one in back}
    causes = {one.resource for one in forward if one.result is Result.FAILED}
    merged = []
    for one in forward:
        now = last.pop(one.resource, None)
        if now is not None and one.resource in causes:
            now = replace(now, message=f"{one.message}; {now.message}", log_lines=one.log_lines)
        merged.append(now or one)
    return [*merged, *last.values()]
