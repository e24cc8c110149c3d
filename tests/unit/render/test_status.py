import json
from dataclasses import replace

import jsonschema
import pytest

from reconciler.domain.status import FleetStatus, State
from reconciler.render.layout import text
from reconciler.render.schemas import STATUS as SCHEMA
from reconciler.render.status_json import status_json
from reconciler.render.status_text import status_text
from tests.unit.render.samples import STATUS


def test_the_table_ends_with_the_reason_of_what_is_not_ready():
    assert (
        text(status_text(STATUS))
        == """\
fleet homelab, generation 7, not in sync

NAME    SERVE      STATE       READY  IN SYNC  PID  PORT  MEMORY  SINCE   RESTARTS
router  process    running     yes    yes      41   8080  30 MiB  17 min  0
coder   dedicated  crash-loop  no     no       -    -     -       -       5

coder: out of memory (exit code 1)
"""
    )


def test_a_fleet_that_was_never_applied_is_an_empty_table():
    empty = FleetStatus(fleet="f", generation=0, in_sync=True, observed_at=0.0)

    assert len(text(status_text(empty)).splitlines()) == 3


def test_the_json_is_the_designed_one():
    coder = status_json(STATUS)["models"][0]

    assert status_json(STATUS) | {"models": [], "router": None} == {
        "format_version": "1.0",
        "fleet": "homelab",
        "generation": 7,
        "in_sync": False,
        "observed_at": "2027-01-15T08:00:00Z",
        "models": [],
        "router": None,
        "conditions": [],
    }
    assert coder["state"] == "crash-loop"
    assert coder["conditions"][0] == {
        "type": "Ready",
        "status": "False",
        "reason": "CrashLoop",
        "message": "out of memory (exit code 1)",
        "last_transition": "2027-01-15T07:59:50Z",
        "observed_generation": 7,
    }


@pytest.mark.parametrize("state", State)
def test_the_json_keeps_to_its_schema(state: State):
    one = replace(STATUS, models=(replace(STATUS.models[0], state=state),))

    jsonschema.validate(json.loads(json.dumps(status_json(one))), SCHEMA)
