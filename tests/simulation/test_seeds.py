"""
A bounded number of seeds: `RECONCILE_SEEDS=400` walks so many, `make test` a few.

They are always the same, so that a change that breaks one is the change that did it; `make soak` takes new ones.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.simulation.soak import FIGURES

SEEDS = int(os.environ.get("RECONCILE_SEEDS", "20"))
SECONDS = 1.5
"""For a seed, on a busy machine."""

PROVEN = (
    "I1", "I2", "I3", "I4", "I5", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I15", "I16", "I18", "I19", "I20",
    "I22", "I23", "I27", "I28", "I30", "I34", "I35",
)  # fmt: skip


@pytest.mark.invariant(*PROVEN, cases=SEEDS)
@pytest.mark.timeout(60 + SECONDS * SEEDS)
def test_everything_holds_on_every_seed() -> None:
    """In a process of its own, where the order of sets is the same each time, so that a failure can be replayed."""
    command = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS), "--workers", "1"]

    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONHASHSEED": "0"}
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_long_walk_has_met_holds_now() -> None:
    seeds = json.loads(FIGURES.read_text())["violating"]
    commands = [[sys.executable, "-m", "tests.simulation", "--seed", str(seed)] for seed in seeds]

    done = [subprocess.run(command, capture_output=True, text=True, check=False) for command in commands]

    assert [one.stdout for one in done if one.returncode] == []


def test_a_seed_is_the_same_history_each_time() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--steps", "15"]

    told = {subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)}

    assert len(told) == 1
