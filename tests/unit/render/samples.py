"""Values that several tests of this folder show."""

from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, FieldChange, Reason
from reconciler.domain.diagnostic import Diagnostic, Position
from reconciler.domain.names import ROUTER, model_id
from reconciler.domain.plan import Basis, Drift, Objection, Plan
from reconciler.domain.status import Condition, FleetStatus, ResourceStatus, State

BASIS = Basis(lineage="l", serial=1, spec_digest="d", boot_id="b")


def kept(count: int) -> tuple[Change, ...]:
    same = Change(resource=ROUTER, action=Action.KEEP, reason=Reason.UP_TO_DATE)
    return tuple(replace(same, resource=model_id(f"kept-{at}")) for at in range(count))


RESTART = Change(
    resource=model_id("coder"),
    action=Action.RESTART,
    reason=Reason.SETTINGS_CHANGED,
    effect=Effect.RESTART,
    fields=(FieldChange(path="memory.ctx_size", before=32768, after=65536, effect=Effect.RESTART),),
    port=8100,
    downtime_seconds=41.3,
)
RELOAD = Change(
    resource=model_id("gemma-3-4b"),
    action=Action.RELOAD,
    reason=Reason.SETTINGS_CHANGED,
    effect=Effect.RELOAD,
    fields=(FieldChange(path="sampling.temperature", before=0.7, after=0.6, effect=Effect.RELOAD),),
)
START = Change(resource=model_id("embed"), action=Action.START, reason=Reason.NEW, effect=Effect.RESTART, port=8101)
STOP = Change(
    resource=model_id("old"),
    action=Action.STOP,
    reason=Reason.NOT_DECLARED,
    port=8102,
    busy=2,
    forget_after=True,
)
DESIGNED = Plan(fleet="homelab", changes=(RESTART, RELOAD, START, *kept(9)), basis=BASIS)

PROBLEM = Diagnostic(
    code="E0201",
    summary="Expected a port from 1 to 65535, got `99999`",
    path="models.chat.port",
    position=Position(file="fleet.yaml", line=5, column=11, length=5),
    snippet="    port: 99999",
)
TYPO = Diagnostic(
    code="E0203",
    summary="Unknown key `ctx-size`",
    path="models.chat.memory.ctx-size",
    position=Position(file="fleet.yaml", line=16, column=7, length=8),
    snippet="      ctx-size: 4096",
    hint="did you mean `ctx_size`?",
)
PROTECTED = Change(
    resource=model_id("pet"),
    action=Action.KEEP,
    reason=Reason.PROTECTED,
    note="remove `protect: true` first",
)
TOO_MANY = Objection(
    code="MaxStop",
    summary="3 of 4 models would be stopped, over the limit of 50%",
    insist="--max-stop 75%",
)
FULL = Plan(
    fleet="homelab",
    changes=(
        STOP,
        Change(resource=ROUTER, action=Action.RESTART, reason=Reason.BINARY_CHANGED, port=8080),
        PROTECTED,
        *kept(1),
    ),
    basis=BASIS,
    notices=("`reconcile apply` migrates the store (1 step), after a backup of it",),
    drift=(Drift(resource=ROUTER, summary="its program was replaced", recorded="b1", observed="b2"),),
    objections=(TOO_MANY,),
    diagnostics=(TYPO,),
)

STATUS = FleetStatus(
    fleet="homelab",
    generation=7,
    in_sync=False,
    observed_at=1_800_000_000.0,
    router=ResourceStatus(
        name="router",
        serve="process",
        state=State.RUNNING,
        ready=True,
        in_sync=True,
        pid=41,
        port=8080,
        url="http://127.0.0.1:8080",
        since=1_799_999_000.0,
        memory_bytes=30 * 2**20,
    ),
    models=(
        ResourceStatus(
            name="coder",
            serve="dedicated",
            state=State.CRASH_LOOP,
            ready=False,
            in_sync=False,
            restarts=5,
            conditions=(
                Condition(
                    type="Ready",
                    status="False",
                    reason="CrashLoop",
                    message="out of memory (exit code 1)",
                    last_transition=1_799_999_990.0,
                    observed_generation=7,
                ),
                Condition(type="InSync", status="False", reason="Drifted"),
            ),
        ),
    ),
)
