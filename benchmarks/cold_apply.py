"""A first `apply` until all are healthy, against a script that only starts the same servers and asks them."""

import json
import shutil
from pathlib import Path

from benchmarks.fleet import PYTHON, Fleet, end, fleet
from benchmarks.measure import Cost, cost, seconds_in_turn
from benchmarks.table import Row

RATIO = 2.0
MODELS = 50
SCRIPT = Path(__file__).with_name("raw_spawn.py")


def measure(repetitions: int) -> list[Row]:
    """One row."""
    with fleet() as made:
        del made.document["router"]
        made.declare(MODELS, serve="dedicated")
        commands: list[tuple[str, ...]] = []

        def apply() -> Cost:
            found = made.cost("apply", "-y")
            commands[:] = [one.argv for one in made.processes()]
            _forget(made)
            return found

        ours, raw = seconds_in_turn(repetitions, apply, lambda: _spawn(made, commands))
    what = f"cold apply of {MODELS} dedicated models, all healthy"
    return [Row(what=what, ours=ours, against="raw parallel spawn", other=raw, ratio=RATIO)]


def _forget(made: Fleet) -> None:
    """Ends the servers and removes the store, so that the next one is a first one again."""
    end(one.identity.pid for one in made.processes())
    shutil.rmtree(made.store)


def _spawn(made: Fleet, commands: list[tuple[str, ...]]) -> Cost:
    if len(commands) != MODELS:
        message = f"{len(commands)} servers are running, {MODELS} are declared"
        raise RuntimeError(message)
    found = cost((PYTHON, SCRIPT, made.directory), environment=made.environment, given=json.dumps(commands))
    end(json.loads(found.output))
    return found
