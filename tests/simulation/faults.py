"""What a machine does, and the people and programs on it that are none of ours."""

import signal
from random import Random

from tests.simulation import drafts
from tests.simulation.drafts import FILES, NAMES
from tests.simulation.process import SimProcess
from tests.simulation.rule import fault
from tests.simulation.simulation import Simulation


def _somebody(sim: Simulation, rng: Random) -> SimProcess | None:
    found = [one for one in sim.host.kernel.processes() if one.ours and not one.zombie]
    return rng.choice(found) if found else None


@fault(4)
def a_server_dies(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    if one := _somebody(sim, rng):
        sim.host.kernel.kill(one.pid, rng.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP)))
        sim.host.clock.advance(rng.choice((0.0, 1.0, 20.0)))


@fault(2)
def a_stranger_takes_its_pid(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    if one := _somebody(sim, rng):
        sim.host.kernel.kill(one.pid, signal.SIGKILL)
        sim.host.clock.advance(rng.choice((0.002, 0.2, 1.0)))
        environment = dict(one.environment) if rng.random() < 0.2 else {}
        environment = {key: value for key, value in environment.items() if key != "RECONCILE_INSTANCE"}
        sim.host.kernel.spawn_stranger(rng.choice((one.argv, ("sleep", "9"))), environment, pid=one.pid)


@fault(2)
def a_stranger_takes_a_port(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    port = rng.choice((*drafts.POOL[:4], *drafts.ROUTER_PORTS))
    if sim.host.kernel.listener(port) is None:
        sim.host.kernel.spawn_stranger(("nc", "-l"), {}, port=port, user=rng.choice(("us", "somebody")))


@fault(3)
def servers_behave_otherwise(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    who = rng.choice((*NAMES[:4], *FILES, "router", "*"))
    manners: tuple[dict[str, object], ...] = (
        {"load_seconds": 0.01},
        {"load_seconds": 20.0},
        {"fail_to_load": "out_of_memory"},
        {"fail_to_load": "bad_magic"},
        {"stuck_loading": True},
        {"crash_after": 0.5},
        {"crash_after": 30.0},
        {"hang": True},
        {"silent": True},
        {"ignore_term": True},
        {"survive_kill": True},
        {"survive_kill": True, "ignore_term": True},
        {"busy_requests": 2, "busy_seconds": 1.0},
        {"busy_requests": 2},
        {"forks_survivor": True},
    )
    chosen = rng.choice(manners)
    sim.counts[f"temper {next(iter(chosen))}"] += 1
    sim.host.behaviour(who, **chosen)


@fault(2)
def a_file_changes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.disk.put_model(rng.choice(FILES))


@fault(2)
def a_file_is_damaged(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    file = rng.choice([one for one in FILES if one in sim.host.disk.models] or [""])
    if file and rng.random() < 0.5:
        sim.host.disk.remove(file)
    elif file:
        sim.host.disk.truncate(file, header=rng.random() < 0.5)


@fault(2)
def the_disk_refuses(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.disk.full, sim.host.disk.read_only = rng.choice(((True, False), (False, True)))
    sim.host.disk.slow = rng.choice((1.0, 30.0))


@fault(2)
def the_network_fails(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    kind = rng.choice(("refused", "timeout", "broken", "garbage", "slow"))
    path = rng.choice(("", "/health", "/models", "/models/load", "reload", "/slots"))
    sim.counts[f"network {kind}"] += 1
    sim.host.network.fault(kind, rng.choice((1, 2, 5, 200)), path=path)


@fault(2)
def memory_runs_out(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.largest_context = rng.choice((1024, 2048, 4096))


@fault(1)
def processes_cannot_be_read(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.processes_unreadable = True


@fault(1)
def one_process_hides(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    if one := _somebody(sim, rng):
        one.hidden = True


@fault(2)
def the_clock_jumps(sim: Simulation, rng: Random) -> None:
    sim.host.clock.jump_wall(rng.choice((-86_400.0, -5.0, 5.0, 3600.0, 400 * 86_400.0)))


@fault(2)
def time_passes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.clock.advance(rng.choice((0.05, 1.0, 60.0, 3600.0)))


@fault(2)
def the_machine_boots(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    before = list(sim.seen().values())
    sim.host.reboot()
    for one in rng.sample(before, min(len(before), 2)):
        # The first processes of a new boot get the pids of the old one's.
        sim.host.kernel.spawn_stranger(one.argv, {}, pid=one.pid)


@fault(1)
def the_store_is_lost(sim: Simulation, _: Random) -> None:
    sim.disturb()
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (sim.host.directory / name).unlink(missing_ok=True)
    sim.births = {born: facts.forgotten() for born, facts in sim.births.items()}


@fault(1)
def run_is_lost(sim: Simulation, _: Random) -> None:
    sim.disturb()
    sim.host.lose_run()


@fault(2)
def the_secret_changes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.set_secret(rng.randint(0, 3))


@fault(1)
def the_secret_is_gone(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.set_secret(None)


@fault(1)
def llama_server_is_upgraded(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.upgrade_binary(f"0.1.0-dev (build {rng.randint(2, 5)}, commit 7e4c0a9)")


@fault(1)
def llama_server_is_gone(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.binary_missing = True
