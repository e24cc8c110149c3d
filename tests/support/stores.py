"""
Stores and records for tests. `python -m tests.support.stores DIRECTORY` writes the golden store of this version.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.domain.actor import Actor
from reconciler.domain.change import Action
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import ROUTER, InstanceId, ResourceId, SlotUid, model_id
from reconciler.domain.outcome import Outcome, Result, RunReport
from reconciler.domain.status import Condition
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Applied, Failure, InstanceRecord, OpenStep, Record, ResourceRecord
from reconciler.spec.validating import validate
from reconciler.store import Endpoint, LogLine, Secret, StepIntent, Writer

NOW = 1_700_000_000.0
ANN = Actor(who="ann", user_id=1000, sudo_user="", host="box", via="/dev/pts/0", program="llama-reconciler 0.1.0")
LINEAGE = "11111111-2222-4333-8444-555555555555"

EMBED = ResourceRecord(
    resource=model_id("embed"),
    uid=SlotUid("uid-embed"),
    applied=Applied(
        spec_version=1,
        serve="dedicated",
        document={
            "path": "/models/embed.gguf",
            "serve": "dedicated",
            "memory": {"ctx_size": 512},
            "port": 8100,
            "files": {"/models/embed.gguf": {"size": 120_000, "mtime_ns": 1_700_000_000_123_456_789}},
        },
    ),
    instance=InstanceRecord(
        instance=InstanceId("instance-embed"),
        identity=ProcessIdentity(
            boot_id="boot-1", pid=4711, start_ticks=12_345, pidfd_inode=2**63 + 11, exe_inode=(2**64 - 1, 2**63)
        ),
        port=8100,
        started_at=NOW + 1.5,
        argv=("llama-server", "--port", "8100"),
        log="/state/logs/uid-embed.log",
    ),
    desired_running=True,
    port=8100,
    load_seconds=(0.25, 0.125),
    conditions=(
        Condition(type="Ready", status="True", reason="Healthy", last_transition=NOW + 2.0, observed_generation=1),
    ),
)
CODER = ResourceRecord(
    resource=model_id("coder"),
    uid=SlotUid("uid-coder"),
    port=8101,
    protected=True,
    restarts=3,
    failure=Failure(digest="abc", message="out of memory", at=NOW + 3.0),
)
ROUTER_LINE = ResourceRecord(
    resource=ROUTER,
    uid=SlotUid("uid-router"),
    applied=Applied(
        spec_version=1, serve="process", document={"router": {"port": 8080}, "secrets": {"HF_TOKEN": "hmac"}}
    ),
)


FLEET = validate(
    FleetSpec, {"version": 1, "fleet": "homelab", "server": {"timeout": 600}, "logging": {"level": "debug"}}
)
ENDPOINT = Endpoint(name="office", type="ollama", base_url="http://10.0.0.5:11434", health_interval=30.0)
SECRET = Secret(name="token", ciphertext=b"\0sealed", nonce=b"\1", key_id="k1", created_at=NOW)
LOG_LINE = LogLine(at=NOW, level="warning", message="out of memory", resource="model/coder")


def open_writer(directory: Path) -> Writer:
    """A writer with a lineage that is known."""
    return Writer.open(directory, now=NOW, fleet="homelab", lineage=LINEAGE, actor=ANN)


def begin_run(writer: Writer, **facts: Any) -> int:
    """A run like any other."""
    given: dict[str, Any] = {
        "operation": "apply",
        "plan": {"format_version": "1.0"},
        "fleet_document": {"version": 1, "fleet": "homelab"},
        "origin": "/srv/fleet.yaml",
        "program": "llama-reconciler 0.1.0",
        "build": "b10434",
        "now": NOW,
    }
    return writer.begin_run(**given | facts)


def intent(line: ResourceRecord, action: Action = Action.START) -> StepIntent:
    """The intent to make a resource what its line says."""
    instance = line.instance.instance if line.instance else None
    return StepIntent(resource=line.resource, uid=line.uid, action=action, instance=instance, applied=line.applied)


def outcome(resource: ResourceId, result: Result = Result.DONE, action: Action = Action.START) -> Outcome:
    """The end of a step."""
    return Outcome(resource=resource, action=action, result=result, message=f"{result}")


def apply_lines(writer: Writer, *lines: ResourceRecord, now: float = NOW, fleet: FleetSpec | None = None) -> int:
    """A whole run that ends with these lines; returns its generation."""
    run = begin_run(writer, now=now)
    numbers = writer.begin_steps(run, [intent(line) for line in lines], now)
    for line in lines:
        writer.finish_step(numbers[line.resource], outcome(line.resource), line, now=now)
    return writer.finish_run(run, report(run, *(outcome(line.resource) for line in lines)), now, fleet=fleet)


def report(run: int, *outcomes: Outcome, **facts: Any) -> RunReport:
    """The report of a run."""
    return RunReport(run=run, generation=0, outcomes=outcomes, **facts)


def fill(writer: Writer) -> None:
    """One finished run, and one that was cut off."""
    apply_lines(writer, EMBED, CODER, ROUTER_LINE, now=NOW + 4.0)
    writer.note_fleet(FLEET, NOW)
    writer.put_endpoint(ENDPOINT)
    writer.put_secret(SECRET)
    writer.log([LOG_LINE])
    begin = intent(replace(EMBED, instance=None), Action.RESTART)
    writer.begin_steps(begin_run(writer, now=NOW + 5.0), [begin], NOW + 5.0)


FILLED = Record(
    lineage=LINEAGE,
    serial=6,
    fleet="homelab",
    origin="/srv/fleet.yaml",
    generation=1,
    max_stop=FLEET.safety.max_stop,
    resources={line.resource: line for line in (EMBED, CODER, ROUTER_LINE)},
    open_steps=(
        OpenStep(
            step=4,
            resource=EMBED.resource,
            uid=EMBED.uid,
            action="restart",
            instance=None,
            applied=EMBED.applied,
        ),
    ),
)
"""What `fill` leaves behind."""


if __name__ == "__main__":
    with open_writer(Path(sys.argv[1])) as golden:
        fill(golden)
