"""What editors of the fleet do."""

from dataclasses import replace
from random import Random

from tests.simulation import drafts
from tests.simulation.drafts import FILES, NAMES, ModelDraft
from tests.simulation.rule import rule
from tests.simulation.simulation import Simulation


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
