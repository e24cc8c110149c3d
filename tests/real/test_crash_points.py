"""
Killed at any point of any action, the next apply ends where one ends that nobody has killed.

One fleet has every action among others (`make test`); the two others, which have each alone, come with
`RECONCILE_CRASH_FLEETS=3`.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.crashpoint import KILLED, POINTS, TRACE, VARIABLE
from reconciler.domain.identity import ProcessIdentity
from reconciler.llama.argv import after
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.spec.record import InstanceRecord
from reconciler.store import Store
from tests.support.deeds import FLEETS, GOES_BACK, Deed
from tests.support.forking import ForkingSandbox

COUNT = int(os.environ.get("RECONCILE_CRASH_FLEETS", "1"))
DEEDS = {f"{fleet}: {deed.name}": deed for fleet, deeds in list(FLEETS.items())[:COUNT] for deed in deeds}
LEAST = 1 if COUNT == 1 else 6
"""At how many points each is killed, at least."""

BESIDE = frozenset(
    {"lock-taken", "found-noted", "steps-abandoned", "run-begun", "lines-refreshed", "step-journalled", "run-finished"}
)
"""Where it makes no difference what the run does; with one fleet they are tried with one deed."""


@pytest.fixture
def reached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each deed that says which points it comes by, for all workers of this session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER_COUNT" in os.environ else base) / "crash-points"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.invariant("I1", "I9", "I11", "I12", "I30", cases=LEAST)
@pytest.mark.timeout(120 * COUNT)
@pytest.mark.parametrize("name", DEEDS)
def test_killed_at_any_point_the_next_apply_ends_as_one_that_was_not(
    forking: ForkingSandbox, name: str, reached: Path
) -> None:
    deed = DEEDS[name]
    trace, end = undisturbed(forking, deed)
    (reached / name).write_text(" ".join(trace))
    begin(forking, deed)
    start, kept = state(forking), unchanged(forking)
    tried = points(deed, trace)
    assert len(tried) >= LEAST
    for point in tried:
        with ExitStack() as stack:
            deed.prepare(forking, stack)
            deed.declare(forking)
            forking.run(*deed.command, exits=KILLED, **{VARIABLE: point})
            assert max(slots(forking).values(), default=0) <= 1, point

            finish(forking, deed)

            assert state(forking) == end, point
            assert unchanged(forking) == kept, point
            if not deed.exits:
                assert forking.actions() == {}, point
            begin(forking, deed)
            assert state(forking) == start, f"the way back from {point}"


@pytest.mark.timeout(120 * COUNT)
def test_no_point_is_beyond_every_action(forking: ForkingSandbox, reached: Path) -> None:
    found: set[str] = set()
    for name, deed in {**DEEDS, GOES_BACK.name: GOES_BACK}.items():
        known = reached / name
        if known.exists():
            found |= set(known.read_text().split())
            continue
        found |= set(undisturbed(forking, deed)[0])
        # What was protected in the end is not left to the next.
        begin(forking, deed)
    assert found == set(POINTS)


def points(deed: Deed, trace: Counter[str]) -> list[str]:
    """Each point the first and the last time that it was come by; in `make test` the one or the other in turns."""
    if COUNT > 1:
        return [f"{point}:{turn}" for point, times in trace.items() for turn in sorted({1, times})]
    if deed.only:
        return list(deed.only)
    first = deed == next(iter(DEEDS.values()))
    left = {point: times for point, times in trace.items() if first or point not in BESIDE}
    return [f"{point}:{times if number % 2 else 1}" for number, (point, times) in enumerate(left.items())]


def begin(sandbox: ForkingSandbox, deed: Deed) -> None:
    """Brings the fleet to where the deed begins."""
    for step in range(deed.steps):
        deed.declare(sandbox, step)
        sandbox.apply("--allow-empty", "--max-stop", "100%")


def finish(sandbox: ForkingSandbox, deed: Deed) -> None:
    """Does what a person does after a crash: the same again."""
    if deed.command[0] == "apply":
        sandbox.apply(exits=deed.exits)
        return
    # It may be done already, which is an error to be asked for then.
    said = sandbox.attempt(*deed.command)
    assert said.returncode == 0 or "is ours" in said.stderr, said.stderr
    sandbox.apply()


def undisturbed(sandbox: ForkingSandbox, deed: Deed) -> tuple[Counter[str], dict[str, Any]]:
    """Does it; says how often it comes by each point, and where it ends."""
    trace = sandbox.directory / "trace"
    trace.unlink(missing_ok=True)
    begin(sandbox, deed)
    with ExitStack() as stack:
        deed.prepare(sandbox, stack)
        deed.declare(sandbox)
        sandbox.run(*deed.command, exits=deed.exits, **{TRACE: str(trace)})
        return Counter(trace.read_text().split()), state(sandbox)


def state(sandbox: ForkingSandbox) -> dict[str, Any]:
    """What is recorded and what lives, without that which differs from one start to the next."""
    with Store.open(sandbox.store) as store:
        record = store.record()
    lines = {
        str(line.resource): {
            "applied": line.applied and [line.applied.spec_version, line.applied.serve, line.applied.document],
            "runs": line.instance and [line.instance.port, line.instance.adopted, _lives(line.instance)],
            "desired": [line.desired_running, line.port, line.protected],
            "failure": line.failure and line.failure.digest,
            "conditions": {one.type: [one.status, one.reason] for one in line.conditions},
        }
        for line in record.resources.values()
    }
    found = {
        "lines": lines,
        "open": [step.resource for step in record.open_steps],
        "processes": {_name(one.argv): _told(one.argv) for one in sandbox.processes()},
        "models": sandbox.router_models() if "router" in sandbox.document else {},
    }
    text = json.dumps(found, sort_keys=True)
    for line in record.resources.values():
        text = text.replace(line.uid, line.resource)
    return dict(_flat(json.loads(text)))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with its path, so that a difference is a line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path} {key}")
    else:
        yield path, value


def _lives(instance: InstanceRecord) -> bool:
    found = LinuxProcessHost().inspect(instance.identity.pid)
    return found is not None and found.identity.is_same_life(instance.identity)


def _name(argv: tuple[str, ...]) -> str:
    return after("--alias", argv).split(",")[0] or "router"


def _told(argv: tuple[str, ...]) -> list[str]:
    """A command line without the port that a router gives to a child, which is another one each time."""
    child = "--log-file" in argv and "--models-preset" not in argv
    return [word for word, before in zip(argv, ("", *argv), strict=False) if not (child and before == "--port")]


def slots(sandbox: ForkingSandbox) -> Counter[str]:
    """How many processes hold the lock of each slot, without the children of one that does."""
    alive = sandbox.processes()
    pids = {one.identity.pid for one in alive}
    return Counter(one.lock_path or "" for one in alive if one.parent_pid not in pids)


def unchanged(sandbox: ForkingSandbox) -> dict[str, ProcessIdentity]:
    """The processes that no action may touch."""
    return {_name(one.argv): one.identity for one in sandbox.processes() if _name(one.argv) == "kept"}
