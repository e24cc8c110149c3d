"""The simulation can fail: planted bugs are found within a few seeds, each as what it is."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply import dedicated
from reconciler.apply.context import Context
from reconciler.apply.journal import Journal
from reconciler.apply.readiness import Readiness
from reconciler.apply.step import StepEnd, outcome
from reconciler.domain.change import Change
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.outcome import Result
from reconciler.plan import departures, processes
from reconciler.runtime.ports import Command, Exit
from reconciler.spec.record import ResourceRecord
from reconciler.store import StepIntent, Writer
from tests.simulation.kernel import Kernel
from tests.simulation.process import SimProcess
from tests.simulation.processes import SimulatedHandle, SimulatedProcessHost
from tests.simulation.walk import walk

SEEDS = 40
"""Each is found in far fewer; chance may be unkind when rules change."""

Plant = Callable[[pytest.MonkeyPatch], None]


def the_lock_is_not_handed_on(patch: pytest.MonkeyPatch) -> None:
    spawn = Kernel.spawn

    def without_lock(kernel: Kernel, command: Command, program: Any) -> Any:
        process = spawn(kernel, command, program)
        for lock in process.locks:
            lock.holders.discard(process)
        process.locks = []
        return process

    patch.setattr(Kernel, "spawn", without_lock)


def servers_die_with_the_program(patch: pytest.MonkeyPatch) -> None:
    """As they do when they are in its session and its terminal goes."""
    ends = Kernel.program_ends

    def all_of_them(kernel: Kernel, program: SimProcess) -> None:
        children = [one for one in kernel.processes() if one.parent is program]
        ends(kernel, program)
        for one in children:
            kernel.end(one, Exit(signal=signal.SIGHUP))

    patch.setattr(Kernel, "program_ends", all_of_them)


def a_pid_is_taken_for_a_process(patch: pytest.MonkeyPatch) -> None:
    def by_number(host: SimulatedProcessHost, process: ProcessIdentity, **_: object) -> SimulatedHandle | None:
        found = host._kernel.living(process.pid)
        return SimulatedHandle(found, host._program) if found else None

    patch.setattr(SimulatedProcessHost, "open", by_number)


def what_is_meant_is_taken_for_done(patch: pytest.MonkeyPatch) -> None:
    begin = Journal.begin

    def early(journal: Journal, intents: Sequence[StepIntent]) -> None:
        begin(journal, intents)
        for one in intents:
            line = journal.lines.get(one.resource)
            if line is not None and one.applied is not None:
                journal.writer.put(replace(line, applied=one.applied), journal.clock.now())

    patch.setattr(Journal, "begin", early)


def every_word_is_worth_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(processes, "costly", lambda fields: fields)


def what_failed_is_not_undone(patch: pytest.MonkeyPatch) -> None:
    async def gives_up(_ctx: Context, change: Change, line: ResourceRecord, why: Readiness) -> StepEnd:
        return StepEnd(outcome=outcome(change, Result.RESTORED, why.cause), after=replace(line, instance=None))

    patch.setattr(dedicated, "restore", gives_up)


def protection_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(departures, "_blocked", lambda *_: None)


def the_key_is_in_the_command_line(patch: pytest.MonkeyPatch) -> None:
    spawn = SimulatedProcessHost.spawn

    def tells(host: SimulatedProcessHost, command: Command) -> SimulatedHandle:
        key = command.environment.get("LLAMA_API_KEY")
        return spawn(host, replace(command, argv=(*command.argv, "--api-key", key)) if key else command)

    patch.setattr(SimulatedProcessHost, "spawn", tells)


def acts_come_before_their_intent(patch: pytest.MonkeyPatch) -> None:
    begin = Writer.begin_steps

    def late(writer: Writer, *args: Any, **named: Any) -> Any:
        found = begin(writer, *args, **named)
        writer.abandon_open_steps(named["now"])
        return found

    patch.setattr(Writer, "begin_steps", late)


EDITS = ("adds_or_replaces_a_model", "changes_a_model", "applies")
PLANTED: list[tuple[Plant, str, tuple[str, ...]]] = [
    (the_lock_is_not_handed_on, "I1", EDITS),
    (a_pid_is_taken_for_a_process, "I2", (*EDITS, "a_pid_is_given_away_under_our_hands")),
    (servers_die_with_the_program, "I5", (*EDITS, "applies_and_is_killed")),
    (every_word_is_worth_a_restart, "I11", EDITS),
    (what_is_meant_is_taken_for_done, "I12", (*EDITS, "applies_and_is_killed")),
    (what_failed_is_not_undone, "I22", (*EDITS, "memory_runs_out", "all_is_mended")),
    (protection_is_forgotten, "I27", (*EDITS, "removes_a_model")),
    (the_key_is_in_the_command_line, "I28", EDITS),
    (acts_come_before_their_intent, "I30", EDITS),
]
"""Each with the invariant that it breaks, and with what has to happen for it to show."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("plant", "number", "rules"), PLANTED, ids=lambda one: getattr(one, "__name__", None))
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Plant, number: str, rules: tuple[str, ...]
) -> None:
    plant(monkeypatch)

    problems = (walk(seed, only=rules).problem for seed in range(SEEDS))

    found = next(filter(None, problems), "")
    assert number in found.partition(":")[2].partition(":")[0].strip().split("/"), found or "nothing was found"


def test_without_one_nothing_is_found() -> None:
    assert [walk(seed, only=EDITS).problem for seed in range(3)] == ["", "", ""]
