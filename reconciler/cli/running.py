"""
A run from the lock to the report: what `apply`, `destroy` and `adopt` have in common.

Looking, asking and acting are three event loops, because a person thinks between the first and the last, and ^C at the
question has to end the program at once.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.run import Errand
from reconciler.cli.boundary import INTERRUPTED
from reconciler.cli.live import reporting
from reconciler.cli.locking import holding
from reconciler.cli.output import Format, Output
from reconciler.cli.pipes import unread
from reconciler.cli.planning import refuse_errors, refuse_objections
from reconciler.cli.request import Manner
from reconciler.cli.waiting import result_of
from reconciler.domain.frozen import frozen
from reconciler.domain.hold import Hold
from reconciler.domain.outcome import OnFailure, RunReport
from reconciler.domain.revision import Revision
from reconciler.errors import UsageError
from reconciler.plan.codec import plan_json
from reconciler.render.plan_text import plan_text
from reconciler.render.report import report_json, report_text
from reconciler.runtime.world import World
from reconciler.supervise.acting import apply_once, settle_once
from reconciler.supervise.opening import open_writer
from reconciler.supervise.passes import Planned
from reconciler.supervise.refusing import blocking
from reconciler.version import VERSION

TERMINATED = 143


def no_revision() -> Revision | None:
    """Of what comes from no files."""
    return None


@frozen
class Deed:
    """
    What is about to be done.

    Attributes:
        expected: the answer that means yes.
        approved: somebody has agreed already, by `-y` or by saving the plan.
        look: the command that shows what it would do.
        revision: finds out what git knows of the files; asked only when there is something to do.
        hold: what is held afterwards.
    """

    operation: str
    question: str
    expected: str
    approved: bool
    look: str = "reconcile plan"
    origin: str = ""
    revision: Callable[[], Revision | None] = no_revision
    hold: Hold | None = None


@contextmanager
def locked(directory: Path, operation: str, manner: Manner, output: Output) -> Iterator[None]:
    """Holds the lock of the store; says who has it when that takes a moment."""
    with holding(directory, operation, manner.lock_timeout, output):
        crashpoint("lock-taken")
        yield


def require_answer(deed: Deed) -> None:
    """
    Refuses early what would wait for an answer that nobody can give.

    Raises:
        UsageError: without a terminal and without `-y`.
    """
    if not deed.approved and not sys.stdin.isatty():
        summary = f"`{deed.operation}` asks before it acts, and there is no terminal to ask on"
        raise UsageError(summary, hint=f"look at `{deed.look}`, then run `reconcile {deed.operation} -y`")


def carry_out(world: World, planned: Planned, deed: Deed, manner: Manner, output: Output) -> int:
    """
    Shows a plan, asks, does it, reports. The caller holds the lock.

    Raises:
        PreflightError: the host is not ready; nothing was touched.
        UnsafePlanError: somebody has to insist first; nothing was touched.
    """
    plan = planned.plan
    refuse_errors(plan)
    objections = blocking(plan)
    left = tuple(one for one in plan.objections if one not in objections)
    shown = plan_text(replace(plan, objections=left))
    if output.format is Format.HUMAN:
        output.lines(shown)
    elif not deed.approved:
        # Nobody agrees to what was not shown, whatever stdout is for.
        output.say(shown)
    refuse_objections(objections)
    if plan.is_empty and not any(change.fields for change in plan.changes) and not planned.record.open_steps:
        _tell_backup(settle_once(world, planned, operation=deed.operation, hold=deed.hold), output)
        return _end(
            RunReport(run=0, generation=planned.record.generation, skipped_for_safety=bool(plan.objections)), output
        )
    if not plan.is_empty and not deed.approved and not _agreed(deed):
        output.note("Nothing was done.")
        return 1
    return _act(world, planned, deed, manner, output)


def _agreed(deed: Deed) -> bool:
    click.echo(err=True)
    said = click.prompt(f"{deed.question} Only `{deed.expected}` is accepted", default="", show_default=False, err=True)
    return bool(said == deed.expected)


def _act(world: World, planned: Planned, deed: Deed, manner: Manner, output: Output) -> int:
    errand = Errand(
        operation=deed.operation,
        plan_document=plan_json(planned.plan),
        origin=deed.origin,
        program=VERSION,
        revision=deed.revision(),
        hold=deed.hold,
    )
    signals = Signals(output)
    with (
        open_writer(world, planned.fleet.fleet) as writer,
        reporting(output, terminal=output.format is Format.HUMAN and sys.stderr.isatty()) as hook,
    ):
        _tell_backup(writer.backup, output)

        def run(stop: asyncio.Event) -> Coroutine[None, None, RunReport]:
            return apply_once(
                world,
                planned,
                writer,
                errand,
                hook=hook,
                parallelism=manner.parallelism,
                stop=stop,
                on_failure=OnFailure(manner.on_failure),
            )

        try:
            report = result_of(signals.obeyed(run))
        except asyncio.CancelledError:
            output.note("Aborted. The next run looks at what was begun and goes on from there.")
            return signals.exit_code
    code = _end(report, output, quiet=planned.plan.is_empty)
    return signals.exit_code if report.interrupted else code


def _tell_backup(backup: Path | None, output: Output) -> None:
    if backup:
        output.note(f"The store was migrated. As it was before: {backup}")


def _end(report: RunReport, output: Output, *, quiet: bool = False) -> int:
    with unread():
        if output.format is Format.JSON:
            output.json(report_json(report), indent=None)
        elif report.outcomes or (report.run and not quiet):
            output.note("")
            output.say(report_text(report))
    return report.exit_code


class Signals:
    """The first ^C (or SIGTERM) lets the steps that run come to their end, the second aborts."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.exit_code = INTERRUPTED

    async def obeyed(self, run: Callable[[asyncio.Event], Coroutine[None, None, RunReport]]) -> RunReport:
        """Runs, with both signals in our hands."""
        loop, stop, task = asyncio.get_running_loop(), asyncio.Event(), asyncio.current_task()

        def arrived(number: signal.Signals) -> None:
            self.exit_code = TERMINATED if number is signal.SIGTERM else INTERRUPTED
            if not stop.is_set():
                stop.set()
                self._output.note("Finishing what was begun, starting nothing new. Once more aborts.")
            elif task is not None:
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, arrived, number)
        return await run(stop)
