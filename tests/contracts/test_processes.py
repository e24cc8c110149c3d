"""The contract of `ProcessHost` and its handles."""

import signal
from dataclasses import replace

import pytest

from reconciler.domain.names import InstanceId
from reconciler.runtime.ports import Exit
from tests.contracts.bench import Bench, free_port, new_marks


def test_a_spawned_process_is_alive_and_says_who_it_is(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)

    assert handle.alive()
    seen = bench.processes.inspect(handle.identity.pid)
    assert seen is not None
    assert seen.identity.matches(handle.identity)
    assert seen.marks == marks
    assert seen.lock_path is not None
    assert seen.lock_path.endswith(f"/{marks.slot}.lock")
    assert abs(seen.started_at - bench.clock.now()) < 60
    assert handle.identity.boot_id == bench.processes.boot_id()


def test_a_signal_ends_the_process_and_the_handle_tells_which(bench: Bench) -> None:
    handle = bench.start("sleeps", new_marks())

    assert handle.signal(signal.SIGTERM)
    assert bench.run(handle.wait(10)) == Exit(signal=signal.SIGTERM)
    assert not handle.alive()


@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_of_a_child_is_told(bench: Bench, code: int) -> None:
    handle = bench.start("exits", new_marks(), code=code)

    assert bench.run(handle.wait(10)) == Exit(code=code)


def test_the_exit_is_told_twice_and_to_a_second_handle(bench: Bench) -> None:
    marks = new_marks()
    first = bench.start("sleeps", marks)
    second = bench.processes.open(first.identity, marks=marks)
    assert second is not None
    first.signal(signal.SIGKILL)

    ends = [bench.run(handle.wait(10)) for handle in (first, first, second)]
    assert ends == [Exit(signal=signal.SIGKILL)] * 3
    second.close()


def test_waiting_for_a_process_that_lives_ends_with_nothing(bench: Bench) -> None:
    handle = bench.start("ignores_term", new_marks())
    handle.signal(signal.SIGTERM)

    assert bench.run(handle.wait(0.05)) is None
    assert bench.run(handle.wait(0)) is None
    assert handle.alive()


@pytest.mark.invariant("I2", "I3")
def test_a_signal_to_an_ended_process_reaches_nobody(bench: Bench) -> None:
    handle = bench.start("exits", new_marks(), code=0)
    bench.run(handle.wait(10))

    assert not handle.signal(signal.SIGTERM)


@pytest.mark.invariant("I8")
def test_a_process_that_ended_unseen_is_not_there(bench: Bench) -> None:
    """A zombie is dead, also while nobody has reaped it."""
    marks = new_marks()
    handle = bench.start("exits", marks, code=0)
    while handle.alive():
        bench.run(bench.clock.sleep(0.005))

    assert bench.processes.inspect(handle.identity.pid) is None
    assert bench.processes.open(handle.identity, marks=marks) is None
    assert not [seen for seen in bench.processes.scan().processes if seen.marks == marks]


def test_open_gives_a_handle_of_the_process_that_is_meant(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)

    other = bench.processes.open(handle.identity, marks=marks)

    assert other is not None
    assert other.identity.matches(handle.identity)
    other.close()
    assert handle.alive()


def test_a_handle_tells_the_variables_that_its_process_was_started_with(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)

    assert handle.variable("RECONCILE_SLOT") == marks.slot
    assert handle.variable("RECONCILE") is None
    handle.signal(signal.SIGKILL)
    bench.run(handle.wait(10))
    assert handle.variable("RECONCILE_SLOT") is None


@pytest.mark.invariant("I2", "I4")
def test_open_refuses_other_marks(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)

    assert bench.processes.open(handle.identity, marks=replace(marks, instance=InstanceId("x"))) is None
    assert bench.processes.open(handle.identity, marks=replace(marks, fleet="other")) is None
    assert bench.processes.open(handle.identity, marks=new_marks()) is None


@pytest.mark.parametrize(
    "change",
    [{"boot_id": "another"}, {"start_ticks": 1}, {"pidfd_inode": 1}],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.invariant("I2", "I35")
def test_open_refuses_another_identity(bench: Bench, change: dict[str, object]) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)
    if change.keys() == {"pidfd_inode"} and handle.identity.pidfd_inode is None:
        pytest.skip("the kernel has no pidfs")

    assert bench.processes.open(replace(handle.identity, **change), marks=marks) is None  # type: ignore[arg-type] # one field of any type


def test_a_wrapper_that_became_another_program_is_still_ours(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)
    before = replace(handle.identity, exe_inode=(1, 1))

    other = bench.processes.open(before, marks=marks)

    assert other is not None
    other.close()


@pytest.mark.invariant("I2", "I4")
def test_open_without_marks_refuses_another_program(bench: Bench) -> None:
    handle = bench.start("sleeps", new_marks())
    seen = bench.processes.inspect(handle.identity.pid)
    assert seen is not None

    other = replace(handle.identity, exe_inode=(1, 1))
    assert bench.processes.open(other, marks=None, argv=seen.argv) is None


@pytest.mark.invariant("I2", "I4")
def test_open_without_marks_asks_for_the_same_command_line(bench: Bench) -> None:
    handle = bench.start("sleeps", new_marks())
    seen = bench.processes.inspect(handle.identity.pid)
    assert seen is not None

    adopted = bench.processes.open(handle.identity, marks=None, argv=seen.argv)
    assert adopted is not None
    adopted.close()
    assert bench.processes.open(handle.identity, marks=None, argv=(*seen.argv, "--more")) is None
    assert bench.processes.open(handle.identity, marks=None) is None


def test_closing_a_handle_leaves_the_process_alone(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)
    other = bench.processes.open(handle.identity, marks=marks)
    assert other is not None

    other.close()

    assert handle.alive()


@pytest.mark.invariant("I7")
def test_a_scan_finds_a_child_and_the_children_that_it_has(bench: Bench) -> None:
    marks = new_marks()
    parent = bench.start("has_child", marks)

    found = [seen for seen in bench.processes.scan().processes if seen.marks == marks]

    assert {seen.parent_pid == parent.identity.pid for seen in found} == {True, False}
    for seen in found:
        opened = bench.processes.open(seen.identity, marks=marks)
        assert opened is not None
        opened.signal(signal.SIGKILL)
        opened.close()


def test_a_scan_of_all_finds_unmarked_processes_too(bench: Bench) -> None:
    handle = bench.start("sleeps", new_marks(), environment={})

    pids = {seen.identity.pid for seen in bench.processes.scan(marked_only=False).processes}

    assert handle.identity.pid in pids
    assert len(pids) > len(bench.processes.scan().processes)


def test_a_listening_port_is_told_with_its_process(bench: Bench) -> None:
    port, silent = free_port(), free_port()
    handle = bench.start("listens", new_marks(), port=port)

    assert bench.processes.listeners([port, silent]) == {port: handle.identity.pid}
    assert bench.processes.listeners()[port] == handle.identity.pid
    assert bench.processes.listeners([silent]) == {}


def test_what_a_process_has_written_is_told_while_it_lives(bench: Bench) -> None:
    handle = bench.start("sleeps", new_marks())
    assert bench.processes.written_bytes(handle.identity.pid) is not None

    bench.end(handle)
    assert bench.processes.written_bytes(handle.identity.pid) is None
