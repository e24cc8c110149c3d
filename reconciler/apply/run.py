"""One execution of a plan, from the first journal row to the report."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.executor import Execution
from reconciler.apply.going_back import Return, go_back
from reconciler.apply.journal import Journal
from reconciler.apply.leftovers import take_over, undecided
from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.hold import Hold
from reconciler.domain.observation import Observation
from reconciler.domain.outcome import Outcome, RunReport
from reconciler.domain.plan import Plan
from reconciler.domain.revision import Revision
from reconciler.spec.record import Record, ResourceRecord
from reconciler.store import Writer

ROLLBACK = "rollback"


@frozen
class Errand:
    """
    Who runs what, for the journal.

    Attributes:
        operation: `apply`, `destroy`, `adopt`, `rollback`.
        plan_document: the plan as JSON, kept with the generation.
        origin: where the configuration came from.
        revision: of its files, where they are in a repository.
        hold: what is held afterwards; nothing ends what was held before. That of a rollback is held from before its
            first act on.
    """

    operation: str
    plan_document: Mapping[str, Any]
    origin: str
    program: str
    revision: Revision | None = None
    hold: Hold | None = None

    @property
    def goes_back_to(self) -> Hold | None:
        """What a rollback holds."""
        return self.hold if self.operation == ROLLBACK else None


LookBack = Callable[[Sequence[Outcome]], Awaitable[Return]]
"""Looks at what a run left, and says what takes it back; takes the outcomes so far."""


async def execute(
    ctx: Context, plan: Plan, writer: Writer, errand: Errand, *, parallelism: int, way_back: LookBack | None = None
) -> RunReport:
    """
    Does what a plan says, and nothing else. A plan without changes touches no process, and of the store only what is
    declared for the fleet as a whole.

    Args:
        way_back: for a run that goes back as a whole once a change has failed; else only that change does.

    Cancelling it (a second ^C) leaves intents without outcome, which the next run repairs.
    """
    refresh = refreshed(ctx, plan)
    left = take_over(ctx, plan, writer)
    if plan.is_empty and not refresh:
        settle(ctx, writer, errand.operation, errand.hold)
        return RunReport(run=0, generation=ctx.record.generation, skipped_for_safety=_skipped(plan))
    clock = ctx.world.clock
    began = clock.monotonic()
    run = writer.begin_run(
        operation=errand.operation,
        plan=errand.plan_document,
        fleet_document=ctx.fleet.document(),
        origin=errand.origin,
        program=errand.program,
        build=ctx.world.binary.version,
        now=clock.now(),
        revision=errand.revision,
        hold=errand.goes_back_to,
    )
    crashpoint("run-begun")
    if refresh:
        writer.refresh(run, refresh, clock.now())
    crashpoint("lines-refreshed")
    journal = Journal(
        writer=writer,
        clock=clock,
        run=run,
        generation=ctx.record.generation + 1,
        lines=dict(ctx.record.resources),
    )
    stands = await _carry_out(ctx, plan, journal, way_back, parallelism=parallelism)
    report = RunReport(
        run=run,
        generation=ctx.record.generation,
        outcomes=tuple(journal.outcomes),
        interrupted=ctx.stop.is_set(),
        skipped_for_safety=_skipped(plan),
        seconds=clock.monotonic() - began,
    )
    declared = ctx.fleet if stands else None
    generation = writer.finish_run(run, report, clock.now(), fleet=declared, hold=errand.hold, refreshed=bool(refresh))
    if left:
        writer.abandon_open_steps(clock.now(), but=undecided(ctx, plan, left, report.outcomes))
    crashpoint("run-finished")
    return replace(report, generation=generation)


async def _carry_out(
    ctx: Context, plan: Plan, journal: Journal, way_back: LookBack | None, *, parallelism: int
) -> bool:
    """Walks the plan; whether it stands, and was not taken back."""
    execution = Execution(
        ctx=replace(ctx, turn_back=journal.turn_back),
        plan=plan,
        journal=journal,
        limit=asyncio.Semaphore(parallelism),
        gives_up=way_back is not None,
    )
    await execution.waves()
    if way_back is None or execution.culprit is None:
        return True
    # A first ^C does not end this: what was begun is brought to an end, and this is its end.
    await go_back(await way_back(journal.outcomes), journal, execution.culprit, parallelism=parallelism)
    return False


def settle(ctx: Context, writer: Writer, operation: str, hold: Hold | None) -> None:
    """Records what is declared for the fleet as a whole, held, and learned of files, where nothing else is done."""
    now = ctx.world.clock.now()
    if learned := _architectures(ctx.record, ctx.seen):
        writer.note_architectures(learned)
    writer.note_fleet(ctx.fleet, now, operation)
    writer.set_hold(hold, operation, now)


def _architectures(record: Record, seen: Observation) -> dict[str, str]:
    """What the record does not know yet of files that did not change since they were applied, by path."""
    applied = (line.applied.document.get("files", {}) for line in record.resources.values() if line.applied)
    unknown = {path: facts for files in applied for path, facts in files.items() if "architecture" not in facts}
    found = {path: seen.files.get(path) for path in unknown}
    return {
        path: file.architecture
        for path, file in found.items()
        if file is not None
        and file.architecture is not None
        and (file.size, file.mtime_ns) == (unknown[path]["size"], unknown[path]["mtime_ns"])
    }


def refreshed(ctx: Context, plan: Plan) -> tuple[ResourceRecord, ...]:
    """Record lines of resources that are kept although fields without effect changed: nothing but the record moves."""
    kept = [change for change in plan.changes if change.action is Action.KEEP and change.fields]
    lines = []
    for change in kept:
        wanted, line = ctx.wanted(change), ctx.resource(change.resource, change.slot)
        if wanted is not None and line.applied is not None:
            lines.append(replace(line, applied=wanted, protected=bool(wanted.document.get("protect"))))
    return tuple(lines)


def _skipped(plan: Plan) -> bool:
    return any(one.code == "Protected" for one in plan.objections)
