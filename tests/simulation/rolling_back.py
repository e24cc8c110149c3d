"""A rollback as the command makes it: the lock, the plan of an old spec, its limits, the run that holds it."""

from reconciler.apply.run import ROLLBACK, Errand
from reconciler.domain.hold import Hold
from reconciler.domain.outcome import RunReport
from reconciler.errors import ReconcilerError
from reconciler.plan.codec import plan_json
from reconciler.plan.options import PlanOptions
from reconciler.plan.planner import spec_digest
from reconciler.runtime.files import private_directory
from reconciler.runtime.store_lock import StoreLock
from reconciler.store import Store
from reconciler.supervise.acting import apply_once
from reconciler.supervise.opening import open_writer
from reconciler.supervise.passes import plan_fleet
from reconciler.supervise.refusing import refuse
from reconciler.supervise.rollback import Return, refuse_misfits, way_back
from tests.simulation.host import SimulatedHost
from tests.simulation.program import Program


def there_is(host: SimulatedHost) -> Return | None:
    """What there is to go back to, if that fits today."""
    try:
        with Store.open(host.directory) as store:
            back = way_back(store, None)
        refuse_misfits(back, host.catalogue)
    except ReconcilerError:
        return None
    return back


async def rolled_back(program: Program, back: Return) -> RunReport:
    """Goes back, whatever it stops."""
    world = program.world
    private_directory(world.directory)
    lock = StoreLock(world.directory / "lock", version="0", operation=ROLLBACK, clock=world.clock)
    with await lock.acquire():
        with Store.open(world.directory) as store:
            record = store.record()
        options = PlanOptions(max_stop=100, allow_empty=True, says_hold=True, catalogue=world.catalogue)
        planned = await plan_fleet(world, back.fleet, record, options)
        program.planned = planned.plan
        refuse(planned.plan, hint="")
        hold = Hold(
            generation=back.generation.number, who="us", since=world.clock.now(), spec=spec_digest(back.fleet), files=""
        )
        errand = Errand(
            operation=ROLLBACK, plan_document=plan_json(planned.plan), origin=record.origin, program="0", hold=hold
        )
        with open_writer(world, back.fleet.fleet) as writer:
            return await apply_once(world, planned, writer, errand)
