"""What goes on around the fleet: users, other fleets, other programs, and what an operator brings back."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from random import Random
from uuid import UUID

from tests.simulation.host_info import GIB
from tests.simulation.process import SimProcess
from tests.simulation.rule import fault
from tests.simulation.simulation import Simulation

BACKUP = "kept.db"


def _servers(sim: Simulation) -> list[SimProcess]:
    return [one for one in sim.host.kernel.processes() if one.ours and not one.zombie and one.locks]


@fault(2)
def a_user_asks_the_router(sim: Simulation, rng: Random) -> None:
    """It loads a model for it, and may unload another one."""
    sim.disturb()
    if names := sorted(sim.router_models()):
        sim.host.request(rng.choice(names))
        sim.host.clock.advance(rng.choice((0.0, 2.0)))


@fault(1)
def the_devices_of_the_caller_change(sim: Simulation, rng: Random) -> None:
    """Somebody else calls our program, from another shell."""
    sim.disturb()
    name = rng.choice(("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"))
    value = rng.choice(("", "0", "1"))
    sim.host.environ.pop(name, None)
    if value:
        sim.host.environ[name] = value


@fault(1)
def the_gpu_fills_up(sim: Simulation, rng: Random) -> None:
    """Another program takes its memory."""
    sim.disturb(for_good=True)
    sim.host.gpu.total = 24 * GIB
    sim.host.gpu.free = rng.choice((0, 150_000, GIB))


@fault(2)
def another_fleet_runs_beside(sim: Simulation, rng: Random) -> None:
    """Its servers carry marks like ours, of another lineage, for a slot that may have the name of ours."""
    sim.disturb()
    like = [one for one in _servers(sim) if one.marks]
    slot = rng.choice(like).environment["RECONCILE_SLOT"] if like else "a-slot"
    marks = {
        "RECONCILE_INSTANCE": str(UUID(int=rng.getrandbits(128))),
        "RECONCILE_FLEET": str(UUID(int=rng.getrandbits(128))),
        "RECONCILE_SLOT": slot,
    }
    argv = ("/opt/llama/llama-server", "--host", "127.0.0.1", "--port", str(9000 + rng.randrange(100)), "--alias", "a")
    sim.host.kernel.spawn_stranger((*argv, "--model", "/models/k.gguf"), marks)


@fault(1)
def a_program_of_a_server_keeps_its_lock(sim: Simulation, rng: Random) -> None:
    """What a server started inherits every descriptor, and may have washed its environment."""
    sim.disturb(for_good=True)
    if own := _servers(sim):
        one = rng.choice(own)
        other = sim.host.kernel.spawn_stranger(("gdb", str(one.pid)), {})
        other.locks = list(one.locks)
        for lock in other.locks:
            lock.holders.add(other)
        if rng.random() < 0.5:
            sim.host.kernel.kill(one.pid, 9)
            sim.host.clock.advance(0.5)


@fault(2)
def the_store_is_kept(sim: Simulation, _: Random) -> None:
    """Somebody makes a copy."""
    if sim.store.exists():
        with closing(sqlite3.connect(sim.store)) as now, closing(sqlite3.connect(sim.directory / BACKUP)) as copy:
            now.backup(copy)


@fault(1)
def an_old_store_comes_back(sim: Simulation, _: Random) -> None:
    """Somebody puts the copy there; what happened since is in no record."""
    if not (sim.directory / BACKUP).exists() or not sim.store.exists():
        return
    sim.disturb()
    with closing(sqlite3.connect(sim.directory / BACKUP)) as copy, closing(sqlite3.connect(sim.store)) as now:
        copy.backup(now)
    sim.births = {born: replace(facts.forgotten(), secret=None) for born, facts in sim.births.items()}
