"""All that may happen, gathered: each module adds its own to the table."""

from tests.simulation import editing, faults, running, surroundings
from tests.simulation.rule import FAULTS, RULES, Rule

__all__ = ["FAULTS", "RULES", "Rule", "editing", "faults", "running", "surroundings"]
