"""Whatever a watcher tells or does not tell, the fleet becomes what the files say in the end."""

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.simulation.drafts import FILES, FleetDraft, ModelDraft
from tests.simulation.file_events import RESYNC, FileEvents, Manners
from tests.simulation.simulation import Simulation

SEEDS = max(2, int(os.environ.get("RECONCILE_SEEDS", "20")) // 10)
EDITS = 5
DEAF = Manners(lost=1.0)
RUDE = Manners(lost=0.3, doubled=0.3, late=0.3)
SLOPPY = Manners(lost=0.2, doubled=0.2, late=0.2, in_two_steps=0.7)


def watched(directory: Path, seed: int, manners: Manners) -> Simulation:
    """A machine on which an editor and a watcher were at work, and came to rest."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    sim = Simulation(seed, directory)
    events = FileEvents(sim.host.clock, sim.config, random, manners)
    with sim:
        draft, at = sim.draft, 1.0
        for _ in range(EDITS):
            draft, at = edited(draft, random), at + random.uniform(0.1, 40.0)
            events.edit(at, draft.text())
        events.watch(at + 2 * RESYNC, lambda: look(sim))
        sim.draft = draft
        before = len(sim.host.kernel.spawns), len(sim.host.kernel.signals)
        look(sim)
        assert (len(sim.host.kernel.spawns), len(sim.host.kernel.signals)) == before
        sim.settle()
    assert events.counts["edits"] == EDITS
    return sim


def look(sim: Simulation) -> None:
    sim.apply(insist=True)


def edited(draft: FleetDraft, random: Random) -> FleetDraft:
    """The next edit: a model more, another setting, a model less."""
    name = random.choice("abc")
    model = draft.models.get(name)
    if model is None or random.random() < 0.7:
        serve = random.choice(("dedicated", "router"))
        block = model or ModelDraft(file=random.choice(FILES), serve=serve)
        return draft.with_model(name, replace(block, ctx=random.choice((1024, 2048, 4096))))
    return draft.with_model(name, None) if len(draft.models) > 1 else draft


@pytest.mark.invariant("I13", "I14", cases=SEEDS)
@pytest.mark.parametrize("manners", [DEAF, RUDE], ids=["deaf", "rude"])
def test_the_fleet_becomes_what_the_files_say_whatever_the_watcher_tells(tmp_path: Path, manners: Manners) -> None:
    for seed in range(SEEDS):
        watched(tmp_path / str(seed), seed, manners)


@pytest.mark.invariant("I13", "I20", cases=SEEDS)
def test_a_file_that_is_half_written_is_repaired_by_the_next_look(tmp_path: Path) -> None:
    for seed in range(SEEDS):
        watched(tmp_path / str(seed), seed, SLOPPY)
