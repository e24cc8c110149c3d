"""Taking over a process that runs already: nothing is signalled, only the record moves."""

from dataclasses import replace

from reconciler.apply.as_started import as_started
from reconciler.apply.context import Context
from reconciler.apply.launch import Launched
from reconciler.apply.readiness import wait_ready
from reconciler.apply.step import StepEnd, outcome
from reconciler.apply.stopping import held
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.domain.names import InstanceId
from reconciler.domain.observation import ObservedInstance, ObservedProcess
from reconciler.domain.outcome import Result
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import reachable
from reconciler.llama.argv import host_of, port_of, without_secrets
from reconciler.spec.record import Applied, InstanceRecord


async def adopt(ctx: Context, change: Change) -> StepEnd:
    """
    Records a living process as what the slot runs, and waits until it is ready: it may still be loading.

    One that carries our marks was compared with the declared before; one that does not is recorded as it was started.

    Raises:
        RuntimeFailure: it is gone since.
    """
    carrier, wanted = ctx.carrier(change.slot), ctx.wanted(change)
    if carrier is None or wanted is None:
        raise RuntimeFailure(f"the process of {change.resource} is gone", hint="run `reconcile plan` again")
    applied = wanted if carrier.process.marks else as_started(ctx, change, carrier.process, wanted)
    instance = instance_of(carrier.process, log=str(ctx.world.log(change.slot or "")))
    cause = await _not_ready(ctx, change, carrier, instance, applied)
    line = replace(
        ctx.resource(change.resource, change.slot),
        resource=change.resource,
        applied=applied,
        instance=instance,
        desired_running=True,
        port=instance.port,
        protected=bool(applied.document.get("protect")),
    )
    pid = instance.identity.pid
    ctx.tell(change, Stage.FAILED if cause else Stage.READY, cause, pid=pid, port=instance.port)
    result = Result.FAILED if cause else Result.DONE
    return StepEnd(outcome=outcome(change, result, cause or "taken over", pid=pid, port=instance.port), after=line)


async def _not_ready(
    ctx: Context, change: Change, carrier: ObservedInstance, instance: InstanceRecord, applied: Applied
) -> str:
    """Why it did not become ready; empty when it is."""
    handle = held(ctx, carrier)
    if handle is None or instance.port is None:
        return "the process is gone"
    try:
        host = reachable(host_of(carrier.process.argv))
        found = Launched(handle=handle, instance=instance, host=host, port=instance.port, log_offset=0)
        return (await wait_ready(ctx, change, found, applied)).cause
    finally:
        handle.close()


def instance_of(process: ObservedProcess, *, log: str) -> InstanceRecord:
    """The record of a living process; one without our marks is an adopted one and is known by its command line."""
    marks = process.marks
    return InstanceRecord(
        instance=marks.instance
        if marks
        else InstanceId(f"adopted-{process.identity.pid}-{process.identity.start_ticks}"),
        identity=process.identity,
        port=port_of(process.argv),
        started_at=process.started_at,
        adopted=marks is None,
        argv=() if marks else without_secrets(process.argv),
        log="" if marks is None else log,
    )
