"""Real outputs keep to the schemas that the program prints."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema

from reconciler.render.schemas import SCHEMAS
from tests.support.sandbox import Sandbox, free_port


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


def test_a_shell_completes_the_names_of_the_record(sandbox: Sandbox) -> None:
    sandbox.dedicated("alpha")
    sandbox.routed("beta")
    sandbox.apply()
    asked = {"_RECONCILE_COMPLETE": "bash_complete", "RECONCILE_STORE": str(sandbox.store)}

    def offered(words: str) -> list[str]:
        asking = sandbox.environment | asked | {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run(
            [sys.executable, "-m", "reconciler"], env=asking, capture_output=True, text=True, timeout=30, check=True
        )
        return [line.removeprefix("plain,") for line in done.stdout.splitlines()]

    assert sorted(offered("reconcile logs ")) == ["alpha", "beta", "router"]
    assert offered("reconcile status b") == ["beta"]
    assert offered("reconcile plan --target a") == ["alpha"]


def test_doctor_tells_its_own_servers_from_those_of_others(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", port=free_port())
    sandbox.apply()
    ours = sandbox.run("doctor").stdout
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        sandbox.dedicated("b", port=port)
        theirs = sandbox.run("doctor").stdout

    assert re.search(r"^ok +ports", ours, re.MULTILINE)
    assert re.search(rf"^warn +ports .*taken by others: {port} \(pid {os.getpid()}\)$", theirs, re.MULTILINE)
