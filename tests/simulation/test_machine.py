"""The same rules and invariants under Hypothesis, which looks for the shortest history that breaks one."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.simulation.rules import RULES, Rule
from tests.simulation.simulation import Simulation
from tests.simulation.walk import HOLD

EXAMPLES = max(int(os.environ.get("RECONCILE_SEEDS", "20")) // 2, 1)
STEPS = 15
chance = st.randoms(use_true_random=False)


class Machine(RuleBasedStateMachine):
    """One machine with its fleet; every rule of the table is a rule here."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Path(tempfile.mkdtemp(dir=HOLD if HOLD.is_dir() else None, prefix="simulation-"))
        self._simulation = Simulation(0, self._place / "machine").__enter__()

    def step(self, function: Rule, draws: Random) -> None:
        self._simulation.begin_step(0, function.__name__)
        function(self._simulation, draws)

    def teardown(self) -> None:
        try:
            self._simulation.settle()
        finally:
            self._simulation.__exit__()
            shutil.rmtree(self._place, ignore_errors=True)


def _as_rule(function: Rule) -> Callable[..., None]:
    def step(self: Machine, draws: Random) -> None:
        self.step(function, draws)

    step.__name__ = function.__name__
    return rule(draws=chance)(step)


for _name, (_function, _) in RULES.items():
    setattr(Machine, _name, _as_rule(_function))


@pytest.mark.invariant("I9", "I10", "I11", "I12", cases=EXAMPLES)
@pytest.mark.timeout(60 + 5 * EXAMPLES)
class TestMachine(Machine.TestCase):  # type: ignore[misc, valid-type] # Hypothesis makes the class
    """What pytest runs."""

    settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
