"""What our program does, alone or twice, killed anywhere, and while the world moves."""

import signal
from dataclasses import replace
from random import Random

from tests.simulation import editing, faults
from tests.simulation.expected import alias_of
from tests.simulation.interruptions import Nth, kill
from tests.simulation.program import Program
from tests.simulation.rule import Rule, rule
from tests.simulation.simulation import Simulation

DURING: tuple[Rule, ...] = (
    faults.a_server_dies,
    faults.a_stranger_takes_its_pid,
    faults.a_stranger_takes_a_port,
    faults.servers_behave_otherwise,
    faults.a_file_changes,
    faults.a_file_is_damaged,
    faults.the_disk_refuses,
    faults.the_network_fails,
    faults.memory_runs_out,
    faults.processes_cannot_be_read,
    faults.the_clock_jumps,
    faults.time_passes,
    faults.run_is_lost,
    faults.the_secret_changes,
    faults.the_secret_is_gone,
    editing.leaves_half_a_file,
    editing.changes_a_model,
    editing.removes_a_model,
    faults.llama_server_is_gone,
)
"""What may also happen while our program runs."""


@rule(16)
def applies(sim: Simulation, rng: Random) -> None:
    sim.apply(insist=rng.random() < 0.5, takes_back=rng.random() < 0.3)


@rule(24)
def applies_and_is_killed(sim: Simulation, rng: Random) -> None:
    sim.apply(interruption=kill, when=_somewhere(rng), insist=rng.random() < 0.8, takes_back=rng.random() < 0.3)


@rule(4)
def goes_back(sim: Simulation, rng: Random) -> None:
    sim.go_back(when=_somewhere(rng) if rng.random() < 0.5 else None)


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
        rng.choice((*DURING, editing.changes_a_model, applies))(sim, rng)
    sim.apply_saved()


@rule(5)
def all_is_mended(sim: Simulation, _: Random) -> None:
    sim.calm_down()


@rule(5)
def it_comes_to_rest(sim: Simulation, _: Random) -> None:
    sim.settle()
