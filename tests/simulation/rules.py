"""
What may happen, one function each: editors at work, machines that fail, and our own program that runs and is killed.

All chance comes from the argument, so that a random walk and Hypothesis take the same steps.
"""

import signal
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.simulation import drafts
from tests.simulation.drafts import FILES, NAMES, ModelDraft
from tests.simulation.expected import alias_of
from tests.simulation.process import SimProcess
from tests.simulation.program import Program
from tests.simulation.simulation import Nth, Simulation, kill

Rule = Callable[[Simulation, Random], None]
RULES: dict[str, tuple[Rule, int]] = {}
"""By name, with its weight."""


def rule(weight: int = 2) -> Callable[[Rule], Rule]:
    """Makes a function one of the things that may happen, so many times as often as others."""

    def note(function: Rule) -> Rule:
        RULES[function.__name__] = function, weight
        return function

    return note


# --- editors


@rule(8)
def adds_or_replaces_a_model(sim: Simulation, rng: Random) -> None:
    serve = rng.choice(("dedicated", "router"))
    block = ModelDraft(
        file=rng.choice(FILES),
        serve=serve,
        load=rng.choice(("always", "always", "on-demand")),
        ctx=rng.choice((2048, 4096)),
        protect=rng.random() < 0.1,
    )
    sim.edit(sim.draft.with_model(rng.choice(NAMES), block))


@rule(8)
def changes_a_model(sim: Simulation, rng: Random) -> None:
    if not sim.draft.models:
        return
    name = rng.choice(sorted(sim.draft.models))
    old = sim.draft.models[name]
    changed = rng.choice(
        (
            replace(old, ctx=rng.choice((1024, 2048, 4096, 8192))),
            replace(old, temperature=rng.choice((None, 0.2, 0.7))),
            replace(old, file=rng.choice(FILES)),
            replace(old, serve="router" if old.serve == "dedicated" else "dedicated"),
            replace(old, load="always" if old.load == "on-demand" else "on-demand"),
            replace(old, enabled=not old.enabled),
            replace(old, protect=not old.protect),
            replace(old, attempts=rng.choice((4, 5, 6))),
            replace(old, aliases=rng.choice(((), (f"{name}-1",), (f"{name}-1", f"{name}-2")))),
            replace(old, port=sim.fresh_port() if old.port is None else None),
        )
    )
    sim.edit(sim.draft.with_model(name, changed))


@rule(4)
def removes_a_model(sim: Simulation, rng: Random) -> None:
    if sim.draft.models:
        sim.edit(sim.draft.with_model(rng.choice(sorted(sim.draft.models)), None))


@rule(3)
def renames_a_model(sim: Simulation, rng: Random) -> None:
    free = [name for name in NAMES if name not in sim.draft.models]
    if sim.draft.models and free:
        old, new = rng.choice(sorted(sim.draft.models)), rng.choice(free)
        block = replace(sim.draft.models[old], aliases=(), moved_from=rng.choice((old, old, None)))
        sim.edit(sim.draft.with_model(old, None).with_model(new, block))


@rule(3)
def changes_the_fleet(sim: Simulation, rng: Random) -> None:
    sim.edit(
        rng.choice(
            (
                replace(sim.draft, models_max=rng.choice((0, 0, 2, 3))),
                replace(sim.draft, router=rng.choice((*drafts.ROUTER_PORTS, None))),
                replace(sim.draft, pool=rng.choice((drafts.POOL, drafts.OTHER_POOL))),
                replace(sim.draft, threads=rng.choice((None, 2, 4))),
            )
        )
    )


@rule(1)
def empties_the_fleet(sim: Simulation, _: Random) -> None:
    sim.edit(replace(sim.draft, models={}))


@rule(2)
def leaves_half_a_file(sim: Simulation, rng: Random) -> None:
    text = sim.draft.text()
    sim.write(text[: rng.randrange(len(text))])


@rule(1)
def leaves_nonsense(sim: Simulation, rng: Random) -> None:
    text = sim.draft.text()
    sim.write(rng.choice(("", text.replace("ctx_size", "ctx_sise"), text + text, text.replace(": ", ":"), "\0", "[]")))


@rule(3)
def finishes_the_file(sim: Simulation, _: Random) -> None:
    sim.write(sim.draft.text())


# --- our program


@rule(16)
def applies(sim: Simulation, rng: Random) -> None:
    sim.apply(insist=rng.random() < 0.5)


@rule(24)
def applies_and_is_killed(sim: Simulation, rng: Random) -> None:
    sim.apply(interruption=kill, when=_somewhere(rng), insist=rng.random() < 0.8)


PLACES = (
    "spawn:before", "spawn:after", "signal:before", "signal:after", "commit:before", "commit:after", "write:after",
    "lock:after", "rotate:", "scan:", "point:", "http:/models?reload=1:before", "http:/models?reload=1:after",
    "http:/models/load:", "http:/models:", "http:/slots", "http:/health:",
)  # fmt: skip


def _somewhere(rng: Random) -> Nth:
    """Any boundary: by its number, or the first few of a kind."""
    if rng.random() < 0.3:
        return Nth(rng.randint(1, 150))
    return Nth(rng.choice((1, 1, 2, 3, 5, 8)), rng.choice(PLACES))


@rule(6)
def applies_while_the_world_moves(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    happening = rng.choice(DURING)
    seed = rng.getrandbits(32)

    def happens(sim: Simulation, _: Program) -> None:
        happening(sim, Random(seed))  # noqa: S311 - a seed is a world

    happens.__name__ = happening.__name__
    sim.apply(interruption=happens, when=_somewhere(rng), insist=rng.random() < 0.8)
    sim.disturb()


@rule(3)
def a_pid_is_given_away_under_our_hands(sim: Simulation, rng: Random) -> None:
    """What is about to be stopped dies between the look and the signal, and its pid is a stranger's."""
    living = {alias_of(one.argv): one for one in sim.host.kernel.processes() if one.ours and not one.zombie}
    names = [name for name in sorted(living) if name in sim.draft.models and living[name].parent_pid == 1]
    if not names:
        return
    sim.disturb()
    name = rng.choice(names)
    old, doomed = sim.draft.models[name], living[name]
    sim.edit(sim.draft.with_model(name, replace(old, ctx=1024 if old.ctx == 2048 else 2048)))

    def given_away(sim: Simulation, _: Program) -> None:
        sim.host.kernel.kill(doomed.pid, signal.SIGKILL)
        sim.host.clock.advance(0.01)
        sim.host.kernel.spawn_stranger(doomed.argv, {}, pid=doomed.pid)

    when = Nth(rng.randint(1, 4), rng.choice(("http:/slots", "http:/health", "commit:", "signal:")))
    sim.apply(interruption=given_away, when=when, insist=True)
    sim.disturb()


@rule(4)
def two_apply_at_once(sim: Simulation, rng: Random) -> None:
    sim.both(rng.choice((0.0, 0.01, 0.3, 1.0)), when=_somewhere(rng) if rng.random() < 0.5 else None)


@rule(4)
def plans_and_applies_later(sim: Simulation, rng: Random) -> None:
    sim.plan()
    if rng.random() < 0.6:
        rng.choice((*DURING, changes_a_model, applies))(sim, rng)
    sim.apply_saved()


# --- the machine


def _somebody(sim: Simulation, rng: Random) -> SimProcess | None:
    found = [one for one in sim.host.kernel.processes() if one.ours and not one.zombie]
    return rng.choice(found) if found else None


@rule(4)
def a_server_dies(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    if one := _somebody(sim, rng):
        sim.host.kernel.kill(one.pid, rng.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP)))
        sim.host.clock.advance(rng.choice((0.0, 1.0, 20.0)))


@rule(2)
def a_stranger_takes_its_pid(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    if one := _somebody(sim, rng):
        sim.host.kernel.kill(one.pid, signal.SIGKILL)
        sim.host.clock.advance(rng.choice((0.002, 0.2, 1.0)))
        environment = dict(one.environment) if rng.random() < 0.2 else {}
        environment = {key: value for key, value in environment.items() if key != "RECONCILE_INSTANCE"}
        sim.host.kernel.spawn_stranger(rng.choice((one.argv, ("sleep", "9"))), environment, pid=one.pid)


@rule(2)
def a_stranger_takes_a_port(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    port = rng.choice((*drafts.POOL[:4], *drafts.ROUTER_PORTS))
    if sim.host.kernel.listener(port) is None:
        sim.host.kernel.spawn_stranger(("nc", "-l"), {}, port=port, user=rng.choice(("us", "somebody")))


@rule(3)
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


@rule(2)
def a_file_changes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.disk.put_model(rng.choice(FILES))


@rule(2)
def a_file_is_damaged(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    file = rng.choice([one for one in FILES if one in sim.host.disk.models] or [""])
    if file and rng.random() < 0.5:
        sim.host.disk.remove(file)
    elif file:
        sim.host.disk.truncate(file, header=rng.random() < 0.5)


@rule(2)
def the_disk_refuses(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.disk.full, sim.host.disk.read_only = rng.choice(((True, False), (False, True)))
    sim.host.disk.slow = rng.choice((1.0, 30.0))


@rule(2)
def the_network_fails(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    kind = rng.choice(("refused", "timeout", "broken", "garbage", "slow"))
    path = rng.choice(("", "/health", "/models", "/models/load", "reload", "/slots"))
    sim.counts[f"network {kind}"] += 1
    sim.host.network.fault(kind, rng.choice((1, 2, 5, 200)), path=path)


@rule(2)
def memory_runs_out(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.largest_context = rng.choice((1024, 2048, 4096))


@rule(1)
def processes_cannot_be_read(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.processes_unreadable = True


@rule(1)
def one_process_hides(sim: Simulation, rng: Random) -> None:
    sim.disturb(for_good=True)
    if one := _somebody(sim, rng):
        one.hidden = True


@rule(2)
def the_clock_jumps(sim: Simulation, rng: Random) -> None:
    sim.host.clock.jump_wall(rng.choice((-86_400.0, -5.0, 5.0, 3600.0, 400 * 86_400.0)))


@rule(2)
def time_passes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.clock.advance(rng.choice((0.05, 1.0, 60.0, 3600.0)))


@rule(2)
def the_machine_boots(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    before = list(sim.seen().values())
    sim.host.reboot()
    for one in rng.sample(before, min(len(before), 2)):
        # The first processes of a new boot get the pids of the old one's.
        sim.host.kernel.spawn_stranger(one.argv, {}, pid=one.pid)


@rule(1)
def the_store_is_lost(sim: Simulation, _: Random) -> None:
    sim.disturb()
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (sim.host.directory / name).unlink(missing_ok=True)
    sim.births = {born: facts.forgotten() for born, facts in sim.births.items()}


@rule(1)
def run_is_lost(sim: Simulation, _: Random) -> None:
    sim.disturb()
    sim.host.lose_run()


@rule(2)
def the_secret_changes(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.set_secret(rng.randint(0, 3))


@rule(1)
def the_secret_is_gone(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.set_secret(None)


@rule(1)
def llama_server_is_upgraded(sim: Simulation, rng: Random) -> None:
    sim.disturb()
    sim.host.upgrade_binary(f"0.1.0-dev (build {rng.randint(2, 5)}, commit 7e4c0a9)")


@rule(1)
def llama_server_is_gone(sim: Simulation, _: Random) -> None:
    sim.disturb(for_good=True)
    sim.host.binary_missing = True


@rule(5)
def all_is_mended(sim: Simulation, _: Random) -> None:
    sim.calm_down()


@rule(5)
def it_comes_to_rest(sim: Simulation, _: Random) -> None:
    sim.settle()


DURING: tuple[Rule, ...] = (
    a_server_dies, a_stranger_takes_its_pid, a_stranger_takes_a_port, servers_behave_otherwise, a_file_changes,
    a_file_is_damaged, the_disk_refuses, the_network_fails, memory_runs_out, processes_cannot_be_read, the_clock_jumps,
    time_passes, run_is_lost, the_secret_changes, the_secret_is_gone, leaves_half_a_file, changes_a_model,
    removes_a_model, llama_server_is_gone,
)  # fmt: skip
"""What may also happen while our program runs."""
