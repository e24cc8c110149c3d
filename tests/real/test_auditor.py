"""The witness of these tests sees what it must: each violation is planted once."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.auditor import Auditor, auditing
from tests.support.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _audited(auditor: Auditor) -> Iterator[None]:
    """The one of all tests sees what is planted here as well."""
    yield
    auditor.violations()


@pytest.fixture
def own_auditor(tmp_path: Path) -> Iterator[Auditor]:
    """One that no other test listens to."""
    with auditing(tmp_path) as auditor:
        yield auditor


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as stack:
        yield stack


def carrier(stack: ExitStack, directory: Path, instance: str, slot: str = "s") -> int:
    """A process with marks that holds the lock of a slot."""
    folder = directory / "state" / "run" / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{slot}.lock").open("w") as lock:
        process = subprocess.Popen(
            ["/bin/sleep", "60"],
            env={"RECONCILE_INSTANCE": instance, "RECONCILE_FLEET": "f", "RECONCILE_SLOT": slot},
            pass_fds=[lock.fileno()],
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process.pid


def journal(directory: Path, *, action: str) -> None:
    """A store with one step, of the instance `one`."""
    (directory / "state").mkdir(parents=True)
    with closing(sqlite3.connect(directory / "state" / "store.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE runs (id, plan)")
        database.execute("CREATE TABLE steps (run, resource, instance)")
        plan = f'{{"changes": [{{"resource": "model/a", "action": "{action}"}}]}}'
        database.execute("INSERT INTO runs VALUES (1, ?)", (plan,))
        database.execute("INSERT INTO steps VALUES (1, 'model/a', 'one')")


def test_it_sees_two_processes_for_one_slot(own_auditor: Auditor, stack: ExitStack, tmp_path: Path) -> None:
    first = carrier(stack, tmp_path, "one")
    assert own_auditor.violations() == []
    second = carrier(stack, tmp_path, "two")

    (seen,) = own_auditor.violations()

    assert f"{sorted([first, second])}" in seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP])
def test_it_sees_a_signal_to_a_stranger(own_auditor: Auditor, number: signal.Signals) -> None:
    assert own_auditor.violations() == []
    os.kill(own_auditor.strangers[1], number)

    assert any("a stranger got a signal" in seen for _ in range(50) for seen in own_auditor.violations())


@pytest.mark.parametrize(
    ("instance", "action", "said"),
    [("one", "restart", ""), ("one", "keep", "its plan keeps it"), ("two", "start", "no step announced")],
)
def test_it_sees_a_process_that_nobody_planned(
    own_auditor: Auditor, stack: ExitStack, tmp_path: Path, instance: str, action: str, said: str
) -> None:
    journal(tmp_path, action=action)
    carrier(stack, tmp_path, instance)

    seen = own_auditor.violations()

    assert [said in one for one in seen] == ([True] if said else [])


def test_it_sees_a_secret_in_a_command_line(own_auditor: Auditor, stack: ExitStack, tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = subprocess.Popen([*sleep, "reconciler", "--store", f"{tmp_path}/state", "canary-1"])
    stack.callback(process.wait)
    stack.callback(process.kill)

    assert ["a secret" in one for one in own_auditor.violations()] == [True]


@pytest.mark.invariant("I1", "I2", "I11", "I28", "I30")
def test_it_sees_nothing_in_an_ordinary_life(own_auditor: Auditor, sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.routed("r")
    sandbox.apply()
    sandbox.document["models"]["a"]["memory"] = {"ctx_size": 512}
    sandbox.apply()
    sandbox.run("destroy", "-y")

    assert own_auditor.violations() == []
