"""What the last long walk of the simulation met, in words."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SIMULATION = Path(__file__).parents[1] / "simulation"


def soak_text() -> str:
    """The section of the page, from the figures that `make soak` has left."""
    figures = json.loads((SIMULATION / "soak.json").read_text())
    found = len(re.findall(r"^def test_", (SIMULATION / "test_regressions.py").read_text(), re.MULTILINE))
    return f"""
## The long walk

`make soak MINUTES=60` walks the real program through a simulated machine until the time is over; a seed that breaks a
line of the table is printed with the command that replays it. The last one that was kept:

| | |
|---|---|
| seeds, from {figures["first_seed"]} on | {figures["seeds"]:,} |
| steps, each with all checks after it | {figures["steps"]:,} |
| passes of the program | {figures["passes"]:,} |
| passes that were killed | {figures["crashes"]:,} |
| places where they were | {len(figures["killed_at"])} |
| faults of the world | {sum(figures["faults"].values()):,} |
| seeds that broke a line, all mended since | {len(figures["violating"])} |
| minutes | {figures["minutes"]:g} |

Faults by kind: {_listed(figures["faults"])}.

Checks by line of the table: {_listed(figures["checks"])}.

In all, walks have found {found} kinds of histories that broke a line. Each is a line under *Fixed* in the
[changelog](../CHANGELOG.md) and a case of [test_regressions](../tests/simulation/test_regressions.py). The seeds that
broke are walked again by [test_seeds](../tests/simulation/test_seeds.py).
"""


def _listed(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in counts.items() if number)
