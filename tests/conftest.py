"""What holds for every test: no process outlives it, and the user's own store is out of its reach."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.observation import ObservedProcess
from reconciler.runtime import procfs
from reconciler.runtime.processes import LinuxProcessHost


def pytest_configure() -> None:
    """A shell that runs the tests in the background lets them ignore ^C, and so would every program that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_default_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to name its store fails instead of touching the one of the person who runs it."""
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/a-test-must-name-its-store")
    monkeypatch.delenv("RECONCILE_STORE", raising=False)


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """
    Ends what a test left behind, and fails it.

    A process is one of this session when it is marked and holds a slot lock or a log below this session's own
    temporary directory, whoever its parent is by now. Those of fixtures with a wider scope are there before.
    """
    base = tmp_path_factory.getbasetemp()
    before = {process.identity for process in _ours(base)}
    yield
    left = _still_there(base, before)
    for process in left:
        _end(process)
    if left:
        pytest.fail(f"left running: {', '.join(str(process.argv) for process in left)}")


def _still_there(base: Path, before: set[ProcessIdentity]) -> list[ObservedProcess]:
    """What does not end by itself within two seconds: children of a killed router need a moment."""
    for _ in range(40):
        left = [process for process in _ours(base) if process.identity not in before]
        if not left:
            break
        time.sleep(0.05)
    return left


def _ours(base: Path) -> list[ObservedProcess]:
    return [process for process in LinuxProcessHost().scan().processes if _is_below(base, process)]


def _is_below(base: Path, process: ObservedProcess) -> bool:
    links = procfs.descriptors(process.identity.pid)
    return any(link.startswith(f"{base}{os.sep}") for link in (*links, process.lock_path or ""))


def _end(process: ObservedProcess) -> None:
    handle = LinuxProcessHost().open(process.identity, marks=process.marks, argv=process.argv)
    if handle is not None:
        handle.signal(signal.SIGKILL)
        handle.close()
