"""
`kill -9` at a random moment of whatever changes a store: it is of the state before or of the one after.

`RECONCILE_KILLS=1000` kills so often; `make test` a few times. One process forks all that are killed, so that none of
them has to start a Python.
"""

import os
import sys

import pytest

from tests.support.python import run_python
from tests.unit.store.kills import CASES

KILLS = int(os.environ.get("RECONCILE_KILLS", "12"))

DRIVER = """
import os, random, shutil, signal, sys, tempfile, time
from pathlib import Path
from tests.unit.store import kills

what, count, base = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
chance = random.Random(what)
case = kills.CASES[what](base)

def run(directory):
    child = os.fork()
    if not child:
        os._exit(0 if case.act(directory) is None else 1)
    return child

# How long it takes when nobody disturbs it, so that the kills fall into all of it.
lasted = []
for number in range(3):
    directory = case.fresh(base / f"whole-{number}")
    began = time.perf_counter()
    assert os.waitpid(run(directory), 0)[1] == 0
    lasted.append(time.perf_counter() - began)
    assert case.state(directory) == case.after, "it does not do what it should"

seen = {case.before: 0, case.after: 0}
hit = 0
for number in range(count):
    directory = case.fresh(base / "killed")
    child = run(directory)
    time.sleep(chance.random() * max(lasted))
    os.kill(child, signal.SIGKILL)
    hit += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    state = case.state(directory)
    assert state in seen, f"half done after kill {number}: {state}"
    seen[state] += 1
    case.act(directory)
    assert case.state(directory) == case.after, f"run again after kill {number}: {case.state(directory)}"
    shutil.rmtree(directory)
print(f"{what}: {hit} of {count} killed in time; {seen[case.before]} times before, {seen[case.after]} times after")
"""


@pytest.mark.invariant("I31", cases=KILLS)
@pytest.mark.timeout(60 + KILLS)
@pytest.mark.parametrize("what", CASES)
def test_a_kill_leaves_what_was_or_what_should_be(what: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("kills")
    done = run_python(DRIVER, what, KILLS, base, seconds=60 + KILLS)

    assert done.returncode == 0, done.stdout + done.stderr
    sys.stdout.write(done.stdout)
