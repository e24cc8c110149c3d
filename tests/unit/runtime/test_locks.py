"""Slot locks on disk, and the lock of the store."""

import asyncio
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from reconciler.domain.names import SlotUid
from reconciler.errors import LockedError, RuntimeFailure
from reconciler.runtime.locks import FileSlotLocks, lock_file
from reconciler.runtime.store_lock import StoreLock

HOLDER = """
    import asyncio, sys, time
    from pathlib import Path
    from reconciler.runtime.store_lock import StoreLock
    asyncio.run(StoreLock(Path(sys.argv[1]), version="9.9", operation="reconcile apply").acquire())
    print("held", flush=True)
    time.sleep(1000)
"""


def store_lock(path: Path) -> StoreLock:
    return StoreLock(path, version="1.0", operation="reconcile plan")


def test_a_lock_file_is_private(tmp_path: Path) -> None:
    descriptor = lock_file(tmp_path / "a.lock")
    assert descriptor is not None
    os.close(descriptor)

    assert stat.S_IMODE((tmp_path / "a.lock").stat().st_mode) == 0o600


def test_a_missing_directory_is_an_error_that_names_the_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match=r"missing/s\.lock"):
        FileSlotLocks(tmp_path / "missing").acquire(SlotUid("s"), "model/a")


def test_a_lock_that_is_held_is_not_discarded(tmp_path: Path) -> None:
    locks = FileSlotLocks(tmp_path)
    descriptor = locks.acquire(SlotUid("s"), "model/a")
    assert descriptor is not None

    assert not locks.discard(SlotUid("s"))
    locks.release(descriptor)
    assert locks.discard(SlotUid("s"))
    assert locks.resources() == {}


@pytest.mark.invariant("I1")
def test_a_lock_on_a_deleted_file_counts_for_nothing(tmp_path: Path) -> None:
    """Whoever locked before the deletion does not hinder who locks the new file."""
    locks = FileSlotLocks(tmp_path)
    old = locks.acquire(SlotUid("s"), "model/a")
    (tmp_path / "s.lock").unlink()

    new = locks.acquire(SlotUid("s"), "model/a")

    assert old is not None
    assert new is not None
    assert os.fstat(new).st_ino == (tmp_path / "s.lock").stat().st_ino
    locks.release(old)
    locks.release(new)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_lock_file_names_no_resource(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.lock").write_text(content)

    assert FileSlotLocks(tmp_path).resources() == {}


def test_the_store_lock_is_released_by_its_block(tmp_path: Path) -> None:
    async def twice() -> None:
        for _ in range(2):
            with await store_lock(tmp_path / "lock").acquire(seconds=0):
                assert (tmp_path / "lock.info").exists()

    asyncio.run(twice())
    assert not (tmp_path / "lock.info").exists()


def test_who_waits_is_told_once_for_whom_and_then_gives_up(tmp_path: Path) -> None:
    told: list[str] = []

    async def wait() -> None:
        with await store_lock(tmp_path / "lock").acquire():
            other = StoreLock(tmp_path / "lock", version="1.0", operation="reconcile apply")
            await other.acquire(seconds=0.6, on_wait=told.append)

    with pytest.raises(LockedError, match=f"`reconcile plan` of .*pid {os.getpid()}") as caught:
        asyncio.run(wait())
    assert len(told) == 1
    assert "reconcile plan" in told[0]
    assert caught.value.exit_code == 7


def test_who_waits_goes_on_as_soon_as_the_holder_ends(tmp_path: Path) -> None:
    async def wait() -> None:
        first = await store_lock(tmp_path / "lock").acquire()
        asyncio.get_running_loop().call_later(0.1, first.release)
        with await store_lock(tmp_path / "lock").acquire(seconds=30):
            pass

    asyncio.run(wait())


@pytest.mark.invariant("I1")
def test_a_killed_holder_leaves_the_lock_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(LockedError, match=f"`reconcile apply` of .*pid {holder.pid}"):
                asyncio.run(store_lock(tmp_path / "lock").acquire(seconds=0))
        finally:
            holder.kill()

    with asyncio.run(store_lock(tmp_path / "lock").acquire(seconds=0)):
        pass


def test_a_damaged_note_still_says_that_somebody_holds_it(tmp_path: Path) -> None:
    (tmp_path / "lock.info").write_text("{")

    assert store_lock(tmp_path / "lock").holder_text() == "another process"
