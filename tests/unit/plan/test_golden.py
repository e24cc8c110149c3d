"""
Each folder of `tests/plans` is a case: a fleet, what was recorded and observed, and the plan.

`UPDATE_PLANS=1 pytest tests/unit/plan/test_golden.py` writes the plans anew; read the difference before you keep it.
"""

import json
import os
from pathlib import Path

import pytest
import yaml

from reconciler.plan.codec import plan_from_json, plan_json
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.render import layout
from reconciler.render.plan_text import plan_text
from tests.unit.plan.worlds import ROOT, catalogue, fleet_of, read_world

CASES = sorted((ROOT / "tests/plans").iterdir())
UPDATE = bool(os.environ.get("UPDATE_PLANS"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_is_the_one_that_was_reviewed(case: Path) -> None:
    fleet = fleet_of(yaml.safe_load((case / "fleet.yaml").read_text()) or {})
    observed = yaml.safe_load((case / "observed.yaml").read_text()) or {}
    record, seen = read_world(fleet, observed)
    options = observed.get("options", {})
    options["targets"] = frozenset(options.get("targets", ()))
    plan = make_plan(fleet, record, seen, PlanOptions(**options, catalogue=catalogue()))
    document = plan_json(plan)
    assert plan_from_json(json.loads(json.dumps(document))) == plan
    document["basis"].pop("spec_digest")
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    shown = layout.text(plan_text(plan))
    if UPDATE:
        (case / "plan.json").write_text(text)
        (case / "plan.txt").write_text(shown)
    assert text == (case / "plan.json").read_text()
    assert shown == (case / "plan.txt").read_text()
