"""One pass as one function: lock, read, look, plan, refuse or act. What nobody watches does exactly this."""

import asyncio
from collections.abc import Callable
from dataclasses import field, replace

from reconciler.apply.run import Errand
from reconciler.config.load import LoadedFleet
from reconciler.domain.event import Hook, ignore
from reconciler.domain.frozen import frozen
from reconciler.domain.outcome import OnFailure, RunReport
from reconciler.plan.codec import plan_json
from reconciler.plan.options import PlanOptions
from reconciler.runtime.files import private_directory
from reconciler.runtime.git import revision_of
from reconciler.runtime.store_lock import StoreLock
from reconciler.runtime.world import World
from reconciler.store import Store
from reconciler.supervise.acting import apply_once
from reconciler.supervise.opening import open_writer
from reconciler.supervise.passes import plan_once
from reconciler.supervise.refusing import refuse
from reconciler.version import VERSION


@frozen
class PassOptions:
    """
    How a pass is made.

    Attributes:
        operation: what the journal calls it.
        plan: what is insisted on; origin and catalogue are those of the pass.
        lock_timeout: seconds to wait for another writer.
        parallelism: steps at the same time.
        on_failure: whether a change that failed goes back alone, or with all that the run has changed.
    """

    operation: str = "apply"
    plan: PlanOptions = field(default_factory=PlanOptions)
    lock_timeout: float = 10.0
    parallelism: int = 8
    on_failure: OnFailure = OnFailure.KEEP


async def reconcile_once(
    world: World,
    load: Callable[[], LoadedFleet],
    options: PassOptions,
    *,
    hook: Hook = ignore,
    stop: asyncio.Event | None = None,
) -> RunReport:
    """
    Makes the running servers match what `load` returns. Asks nobody.

    The files are read under the lock: who waited for another writer must not bring back what that one read later.

    Raises:
        LockedError: another writer holds the store.
        ConfigError: the files are not valid; nothing was touched.
        PreflightError: the host is not ready; nothing was touched.
        UnsafePlanError: somebody has to insist first; nothing was touched.
    """
    private_directory(world.directory)
    lock = StoreLock(world.directory / "lock", version=VERSION, operation=options.operation, clock=world.clock)
    with await lock.acquire(seconds=options.lock_timeout):
        fleet = load()
        with Store.open(world.directory) as store:
            record = store.record()
        wishes = replace(options.plan, origin=fleet.origin, catalogue=world.catalogue)
        planned = await plan_once(world, fleet, record, wishes)
        plan = planned.plan
        refuse(plan, hint="insist in the options of the plan")
        errand = Errand(
            operation=options.operation,
            plan_document=plan_json(plan),
            origin=fleet.origin,
            program=VERSION,
            revision=revision_of(fleet.contents) if plan.pending else None,
        )
        with open_writer(world, fleet.spec.fleet) as writer:
            return await apply_once(
                world,
                planned,
                writer,
                errand,
                hook=hook,
                parallelism=options.parallelism,
                stop=stop,
                on_failure=options.on_failure,
            )
