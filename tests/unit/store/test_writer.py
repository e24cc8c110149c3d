"""The journal, the generations and the serial."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.change import Action
from reconciler.domain.history import Step
from reconciler.domain.hold import Hold
from reconciler.domain.names import InstanceId
from reconciler.domain.outcome import Result
from reconciler.domain.revision import Revision
from reconciler.spec.policy import HistorySpec
from reconciler.spec.record import OpenStep, ResourceRecord
from reconciler.store import Event, StepFinish, StepIntent, Store, Writer, runs
from tests.support.stores import (
    ANN,
    CODER,
    EMBED,
    FLEET,
    NOW,
    apply_lines,
    begin_run,
    intent,
    open_writer,
    outcome,
    report,
)


def rows(directory: Path, query: str) -> list[tuple[Any, ...]]:
    raw = sqlite3.connect(directory / "store.db")
    try:
        return raw.execute(query).fetchall()
    finally:
        raw.close()


@pytest.mark.invariant("I30")
def test_a_whole_wave_is_journalled_before_any_of_it_is_done(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer, Store.open(tmp_path) as reader:
        numbers = writer.begin_steps(begin_run(writer), [intent(EMBED), intent(CODER, Action.STOP)], NOW)

        assert reader.record().open_steps == (
            OpenStep(
                step=numbers[EMBED.resource],
                resource=EMBED.resource,
                uid=EMBED.uid,
                action="start",
                instance=InstanceId("instance-embed"),
                applied=EMBED.applied,
            ),
            OpenStep(
                step=numbers[CODER.resource], resource=CODER.resource, uid=CODER.uid, action="stop", instance=None
            ),
        )


@pytest.mark.invariant("I30")
def test_a_wave_that_cannot_be_journalled_whole_is_not_journalled(tmp_path: Path) -> None:
    broken = StepIntent(resource=CODER.resource, uid=CODER.uid, action="explode")  # type: ignore[arg-type]  # that is the point
    with open_writer(tmp_path) as writer:
        run = begin_run(writer)
        before = writer.record()

        with pytest.raises(sqlite3.IntegrityError):
            writer.begin_steps(run, [intent(EMBED), broken], NOW)

        assert writer.record() == before


@pytest.mark.invariant("I30")
def test_a_spawned_process_is_known_before_it_is_ready(tmp_path: Path) -> None:
    assert EMBED.instance is not None
    with open_writer(tmp_path) as writer:
        step = writer.begin_steps(begin_run(writer), [intent(EMBED)], NOW)[EMBED.resource]
        writer.note_instance(step, EMBED.instance)

        known = ResourceRecord(resource=EMBED.resource, uid=EMBED.uid, instance=EMBED.instance, desired_running=True)
        assert writer.record().resources == {EMBED.resource: known}


def test_a_spawned_process_leaves_what_was_applied_before(tmp_path: Path) -> None:
    assert EMBED.instance is not None
    second = replace(EMBED.instance, instance=InstanceId("second"))
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        step = writer.begin_steps(begin_run(writer), [intent(EMBED, Action.RESTART)], NOW)[EMBED.resource]
        writer.note_instance(step, second)

        assert writer.record().resources == {EMBED.resource: replace(EMBED, instance=second)}


@pytest.mark.invariant("I12", "I30")
def test_the_end_of_a_step_and_what_is_true_from_then_on_are_one_write(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED, CODER)
        numbers = writer.begin_steps(begin_run(writer), [intent(EMBED, Action.STOP), intent(CODER, Action.FORGET)], NOW)
        stopped = replace(EMBED, instance=None, desired_running=False)
        ends = (
            StepFinish(step=numbers[EMBED.resource], outcome=outcome(EMBED.resource), after=stopped),
            StepFinish(step=numbers[CODER.resource], outcome=outcome(CODER.resource), after=None, forget=True),
        )
        writer.finish_steps(ends, now=NOW)

        assert writer.record().resources == {EMBED.resource: stopped}
        assert writer.record().open_steps == ()


def test_a_step_that_changed_nothing_leaves_the_record(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        step = writer.begin_steps(begin_run(writer), [intent(EMBED)], NOW)[EMBED.resource]
        writer.finish_step(step, outcome(EMBED.resource, Result.SKIPPED), None, now=NOW)

        assert writer.record().resources == {EMBED.resource: EMBED}


@pytest.mark.parametrize(
    ("result", "action", "generation"),
    [
        pytest.param(Result.DONE, Action.START, 2, id="done"),
        pytest.param(Result.RESTORED, Action.RESTART, 2, id="restored"),
        pytest.param(Result.FAILED, Action.START, 1, id="failed"),
        pytest.param(Result.SKIPPED, Action.STOP, 1, id="skipped"),
        pytest.param(Result.DONE, Action.KEEP, 1, id="kept"),
    ],
)
def test_a_generation_is_what_changed_something(
    tmp_path: Path, result: Result, action: Action, generation: int
) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        run = begin_run(writer)

        assert writer.finish_run(run, report(run, outcome(CODER.resource, result, action)), NOW) == generation
        assert writer.record().generation == generation


def test_a_generation_holds_what_was_asked_for_and_shown(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        run = begin_run(writer, plan={"summary": 1}, fleet_document={"fleet": "homelab"})
        failed = outcome(CODER.resource, Result.FAILED)
        number = writer.finish_run(run, report(run, outcome(EMBED.resource), failed), NOW + 7)
    with Store.open(tmp_path) as store:
        found = store.generation(number)

        assert found is not None
        assert (found.number, found.run, found.result, found.who) == (1, run, "failed", "ann")
        assert (found.plan, found.spec) == ({"summary": 1}, {"fleet": "homelab"})
        assert store.generations() == (found,)
        assert store.generation(2) is None
        [event] = store.events()
        assert event == Event(
            number=1,
            at=NOW + 7,
            actor=ANN,
            run=run,
            what="apply",
            resource="",
            result="failed",
            detail="/srv/fleet.yaml",
        )
        assert (found.operation, found.seconds, found.revision, found.rollback_to) == ("apply", 7, None, None)
    assert rows(tmp_path, "SELECT spec, plan FROM runs") == [(None, None)]


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        pytest.param({"interrupted": True}, "interrupted", id="interrupted"),
        pytest.param({"skipped_for_safety": True}, "skipped", id="safety"),
        pytest.param({}, "done", id="done"),
    ],
)
def test_the_result_of_a_run_is_the_worst_of_it(tmp_path: Path, facts: dict[str, Any], result: str) -> None:
    with open_writer(tmp_path) as writer:
        run = begin_run(writer)
        writer.finish_run(run, report(run, outcome(EMBED.resource), **facts), NOW)

        assert [one.result for one in writer.generations()] == [result]


def test_old_generations_and_runs_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = dict(zip(runs._PRUNES, (4, 5), strict=True))
    monkeypatch.setattr(runs, "_PRUNES", kept)
    fleet = FLEET.replaced(history=HistorySpec(generations=3))
    with open_writer(tmp_path) as writer:
        for number in range(9):
            instance = replace(EMBED.instance, instance=InstanceId(f"i{number}")) if EMBED.instance else None
            apply_lines(writer, replace(EMBED, instance=instance), fleet=fleet)

        assert [one.number for one in writer.generations()] == [9, 8, 7]
        assert writer.generation_numbers() == (7, 8, 9)
        assert len(writer.events()) == 18
    counts = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM steps), (SELECT count(*) FROM instances)"
    assert rows(tmp_path, counts) == [(4, 4, 6)]


def test_the_generation_that_is_held_is_never_let_go(tmp_path: Path) -> None:
    fleet = FLEET.replaced(history=HistorySpec(generations=1))
    hold = Hold(generation=2, who="ann", since=NOW, spec="s", files="f")
    with open_writer(tmp_path) as writer:
        for _ in range(3):
            apply_lines(writer, EMBED)
        writer.set_hold(hold, "rollback", NOW)
        run = begin_run(writer)
        writer.finish_run(run, report(run, outcome(EMBED.resource)), NOW, fleet=fleet, hold=hold)

        assert writer.generation_numbers() == (2, 4)
        assert writer.record().hold == hold


def test_a_rollback_to_a_time_of_fewer_generations_lets_none_go(tmp_path: Path) -> None:
    hold = Hold(generation=1, who="ann", since=NOW, spec="s", files="f")
    fleet = FLEET.replaced(history=HistorySpec(generations=1))
    with open_writer(tmp_path) as writer:
        for _ in range(3):
            apply_lines(writer, EMBED)
        run = begin_run(writer, hold=hold)
        writer.finish_run(run, report(run, outcome(EMBED.resource)), NOW, fleet=fleet, hold=hold)

        assert writer.generation_numbers() == (1, 2, 3, 4)


def test_numbers_beyond_those_of_sqlite_are_numbers(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)

        assert writer.generation(10**30) is None
        assert len(writer.generations(limit=10**30)) == 1
        assert len(writer.events(limit=10**30)) == 2


@pytest.mark.invariant("I30")
def test_a_hold_is_true_before_the_first_act_of_the_run_that_goes_back(tmp_path: Path) -> None:
    hold = Hold(generation=1, who="ann", since=NOW, spec="s", files="f")
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        run = begin_run(writer, hold=hold)
        assert writer.record().hold == hold
        writer.abandon_open_steps(NOW)
        assert writer.record().hold == hold
        run = begin_run(writer)
        assert writer.record().hold == hold

        failed = outcome(EMBED.resource, Result.FAILED)
        writer.finish_run(run, report(run, failed), NOW)
        assert writer.record().hold == hold
        run = begin_run(writer)
        writer.finish_run(run, report(run, outcome(EMBED.resource, Result.RESTORED)), NOW)
        assert writer.record().hold == hold
        run = begin_run(writer)
        writer.finish_run(run, report(run, outcome(EMBED.resource)), NOW)
        assert writer.record().hold is None


def test_a_hold_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    hold = Hold(generation=1, who="ann", since=NOW, spec="s", files="f")
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        assert not serial_after(writer, lambda: writer.set_hold(None, "resume", NOW))
        assert serial_after(writer, lambda: writer.set_hold(hold, "rollback", NOW))
        assert not serial_after(writer, lambda: writer.set_hold(replace(hold, since=NOW + 1), "rollback", NOW))
        assert serial_after(writer, lambda: writer.set_hold(None, "resume", NOW))
        said = [(one.what, one.detail) for one in writer.events(limit=2)]
        assert said == [("resume", "generation 1 is held no more"), ("rollback", "generation 1 is held")]


def test_the_audit_has_a_line_for_the_run_and_one_for_each_resource(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        run = begin_run(writer)
        numbers = writer.begin_steps(run, [intent(EMBED), intent(CODER)], NOW)
        writer.finish_step(numbers[EMBED.resource], outcome(EMBED.resource), EMBED, now=NOW + 1)
        writer.refresh(run, [replace(CODER, protected=False)], NOW + 2)
        # Whoever is killed now has left a trace of what was done.
        writer.abandon_open_steps(NOW + 3)

        said = [(one.what, one.resource, one.result, one.detail, one.run) for one in reversed(writer.events())]
        assert said == [
            ("apply", "model/embed", "done", "start: done", run),
            ("apply", "model/coder", "done", "recorded what costs nothing", run),
            ("apply", "model/coder", "interrupted", "start: the run was cut off", run),
            ("apply", "", "interrupted", "/srv/fleet.yaml", run),
        ]
        assert {one.actor for one in writer.events()} == {ANN}
        assert [one.result for one in writer.events(resource="model/embed")] == ["done"]
        assert len(writer.events(since=NOW + 2)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET who = 'eve'",
        "DELETE FROM events",
        "REPLACE INTO events SELECT * FROM events",
    ],
)
def test_the_audit_is_append_only(tmp_path: Path, statement: str) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        before = writer.events()
        raw = sqlite3.connect(tmp_path / "store.db")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
        raw.close()
        assert writer.events() == before


def test_a_migration_is_a_line_of_the_audit(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "fixtures/stores/v2.db", tmp_path / "store.db")
    with open_writer(tmp_path) as writer:
        event = writer.events()[0]

    assert (event.what, event.actor) == ("store migrate", ANN)
    assert "backups/store-v2-" in event.detail


def test_a_generation_tells_its_commit_and_the_steps_of_its_run(tmp_path: Path) -> None:
    revision = Revision(commit="a" * 40, branch="main", dirty=True, author="Ann <ann@example.org>", committed_at=NOW)
    with open_writer(tmp_path) as writer:
        run = begin_run(writer, revision=revision, hold=None)
        numbers = writer.begin_steps(run, [intent(EMBED)], NOW)
        writer.finish_step(numbers[EMBED.resource], outcome(EMBED.resource), EMBED, now=NOW + 1.5)
        writer.finish_run(run, report(run, outcome(EMBED.resource)), NOW + 2)
        apply_lines(writer, EMBED)
        [last, first] = writer.generations()

    assert (first.revision, last.revision) == (revision, None)
    assert first.steps == (Step(resource=EMBED.resource, action="start", result="done", message="done", seconds=1.5),)


@pytest.mark.invariant("I12")
def test_what_a_killed_run_left_open_is_closed_and_counted(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        run = begin_run(writer)
        numbers = writer.begin_steps(run, [intent(EMBED), intent(CODER)], NOW)
        writer.finish_step(numbers[EMBED.resource], outcome(EMBED.resource), EMBED, now=NOW)
    with open_writer(tmp_path) as writer:
        writer.abandon_open_steps(NOW + 1)

        record = writer.record()
        assert (record.open_steps, record.generation) == ((), 1)
        assert [one.result for one in writer.generations()] == ["interrupted"]
    assert rows(tmp_path, "SELECT result FROM steps ORDER BY id") == [("done",), ("interrupted",)]


def serial_after(writer: Writer, act: Any) -> bool:
    before = writer.record().serial
    act()
    return writer.record().serial > before


def test_the_serial_rises_with_what_a_saved_plan_depends_on(tmp_path: Path) -> None:
    assert EMBED.instance is not None
    instance = EMBED.instance
    with open_writer(tmp_path) as writer:
        assert serial_after(writer, lambda: begin_run(writer, origin="/elsewhere"))
        assert not serial_after(writer, lambda: begin_run(writer, origin="/elsewhere"))
        assert serial_after(writer, lambda: writer.begin_steps(1, [intent(EMBED)], NOW))
        assert serial_after(writer, lambda: writer.note_instance(1, instance))
        assert serial_after(writer, lambda: writer.finish_step(1, outcome(EMBED.resource), EMBED, now=NOW))
        assert not serial_after(writer, lambda: writer.finish_run(1, report(1), NOW))
        assert serial_after(writer, lambda: writer.put(EMBED, NOW))
        assert serial_after(writer, lambda: writer.abandon_open_steps(NOW))
        assert not serial_after(writer, lambda: writer.abandon_open_steps(NOW))
