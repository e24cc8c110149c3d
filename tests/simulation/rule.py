"""The table of what may happen. All chance comes from the argument, so that a random walk and Hypothesis step alike."""

from collections.abc import Callable
from random import Random

from tests.simulation.simulation import Simulation

Rule = Callable[[Simulation, Random], None]

RULES: dict[str, tuple[Rule, int]] = {}
"""By name, with its weight."""

FAULTS: set[str] = set()
"""Names of those that a machine does, and neither an editor nor our program."""


def rule(weight: int) -> Callable[[Rule], Rule]:
    """Makes a function one of the things that may happen, so many times as often as others."""

    def note(function: Rule) -> Rule:
        RULES[function.__name__] = function, weight
        return function

    return note


def fault(weight: int) -> Callable[[Rule], Rule]:
    """The same for what goes wrong."""

    def note(function: Rule) -> Rule:
        FAULTS.add(function.__name__)
        return rule(weight)(function)

    return note
