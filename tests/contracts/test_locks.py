"""The contract of `SlotLocks`: a lock lives as long as the process that inherited it."""

import pytest

from reconciler.domain.names import SlotUid
from tests.contracts.bench import Bench, new_marks

SLOT = SlotUid("5d0c")


@pytest.mark.invariant("I1")
def test_a_free_slot_can_be_locked_once(bench: Bench) -> None:
    first = bench.locks.acquire(SLOT, "model/a")
    assert first is not None

    assert bench.locks.acquire(SLOT, "model/a") is None
    assert bench.locks.held() == {SLOT}

    bench.locks.release(first)
    again = bench.locks.acquire(SLOT, "model/a")
    assert again is not None
    bench.locks.release(again)


def test_slots_do_not_hinder_each_other(bench: Bench) -> None:
    held = [bench.locks.acquire(SlotUid(name), "model/a") for name in ("a", "b")]

    assert None not in held
    assert bench.locks.held() == {"a", "b"}
    for descriptor in held:
        bench.locks.release(descriptor or 0)
    assert bench.locks.held() == frozenset()


@pytest.mark.invariant("I1")
def test_the_lock_stays_with_the_child_when_we_let_go(bench: Bench) -> None:
    marks = new_marks()
    handle = bench.start("sleeps", marks)

    assert bench.locks.acquire(marks.slot, "model/a") is None
    assert marks.slot in bench.locks.held()

    bench.end(handle)
    descriptor = bench.locks.acquire(marks.slot, "model/a")
    assert descriptor is not None
    bench.locks.release(descriptor)


def test_a_lock_file_names_its_resource_after_the_holder_is_gone(bench: Bench) -> None:
    descriptor = bench.locks.acquire(SLOT, "model/chat")
    assert descriptor is not None
    bench.locks.release(descriptor)

    assert bench.locks.resources() == {SLOT: "model/chat"}


def test_looking_at_locks_takes_none(bench: Bench) -> None:
    descriptor = bench.locks.acquire(SLOT, "model/a")
    assert descriptor is not None
    bench.locks.release(descriptor)

    assert bench.locks.held() == frozenset()
    again = bench.locks.acquire(SLOT, "model/b")
    assert again is not None
    assert bench.locks.resources() == {SLOT: "model/b"}
    bench.locks.release(again)
