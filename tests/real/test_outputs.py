"""Real outputs keep to the schemas that the program prints."""

import json
from pathlib import Path

import jsonschema

from reconciler.render.schemas import SCHEMAS
from tests.support.sandbox import Sandbox


def test_plan_and_status_of_a_real_fleet_keep_to_their_schemas(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.dedicated("a")
    sandbox.routed("r")
    jsonschema.validate(sandbox.plan(), SCHEMAS["plan"])
    sandbox.apply()
    jsonschema.validate(json.loads(sandbox.run("status", "--format", "json").stdout), SCHEMAS["status"])
    sandbox.document["models"]["a"]["path"] = str(tmp_path / "missing.gguf")

    refused = sandbox.plan(exits=1)
    failed = json.loads(sandbox.apply("--format", "json", exits=1).stdout.splitlines()[-1])

    jsonschema.validate(refused, SCHEMAS["plan"])
    jsonschema.validate(failed, SCHEMAS["diagnostics"])
    assert refused["diagnostics"][0]["range"]["filename"] == failed["diagnostics"][0]["range"]["filename"]


def test_logs_shows_the_last_lines_of_a_server(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.routed("r")
    sandbox.apply()

    assert "listening on http://127.0.0.1" in sandbox.run("logs", "a", "-n", "5").stdout
    assert len(sandbox.run("logs", "router", "-n", "2").stdout.splitlines()) == 2
    assert sandbox.run("logs", "r").stdout
