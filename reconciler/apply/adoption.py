"""Taking over a process that runs already: nothing is signalled, only the record moves."""

from dataclasses import replace

from reconciler.apply.as_started import as_started
from reconciler.apply.context import Context
from reconciler.apply.step import StepEnd, outcome
from reconciler.domain.change import Change
from reconciler.domain.names import InstanceId
from reconciler.domain.observation import ObservedProcess
from reconciler.domain.outcome import Result
from reconciler.errors import RuntimeFailure
from reconciler.llama.argv import port_of
from reconciler.spec.record import InstanceRecord


def adopt(ctx: Context, change: Change) -> StepEnd:
    """
    Records a living process as what the slot runs.

    One that carries our marks was compared with the declared before; one that does not is recorded as it was started.

    Raises:
        RuntimeFailure: it is gone since.
    """
    carrier, wanted = ctx.carrier(change.slot), ctx.wanted(change)
    if carrier is None or wanted is None:
        raise RuntimeFailure(f"the process of {change.resource} is gone", hint="run `reconcile plan` again")
    applied = wanted if carrier.process.marks else as_started(ctx, change, carrier.process, wanted)
    instance = instance_of(carrier.process, log=str(ctx.world.log(change.slot or "")))
    line = replace(
        ctx.resource(change.resource, change.slot),
        resource=change.resource,
        applied=applied,
        instance=instance,
        desired_running=True,
        port=instance.port,
    )
    done = outcome(change, Result.DONE, "taken over", pid=instance.identity.pid, port=instance.port)
    return StepEnd(outcome=done, after=line)


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
        argv=() if marks else process.argv,
        log="" if marks is None else log,
    )
