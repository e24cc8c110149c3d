"""Opening the store of a fleet, also when it was lost while the servers went on."""

from reconciler.observe.recovery import lineage_of
from reconciler.runtime.actor import actor
from reconciler.runtime.world import World
from reconciler.store import Store, Writer


def open_writer(world: World, fleet: str) -> Writer:
    """
    The writer of the store, for the holder of its lock.

    A store that is made anew takes the lineage that living children carry, so that they stay ours.

    Raises:
        StoreError: the store cannot be used.
    """
    with Store.open(world.directory) as store:
        known = store.lineage
    found = "" if known else lineage_of(world.processes.scan().processes, world.slots)
    return Writer.open(
        world.directory, now=world.clock.now(), fleet=fleet, lineage=found or None, actor=actor(world.environ)
    )
