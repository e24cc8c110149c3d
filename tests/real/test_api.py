"""The Python API does what the command does."""

import asyncio
from pathlib import Path

import pytest

from reconciler.api import Plan, PlanOptions, RunReport, Store, World, apply, load, make_plan, observe, open_world
from reconciler.config.load import LoadedFleet
from reconciler.domain.change import Action
from reconciler.errors import StalePlanError, UnsafePlanError
from tests.support.sandbox import Sandbox


def opened(sandbox: Sandbox) -> tuple[World, LoadedFleet]:
    sandbox.write()
    fleet = load([Path(sandbox.config)])
    return open_world(fleet, sandbox.store, llama_server=str(sandbox.llama_server)), fleet


async def planned(world: World, fleet: LoadedFleet) -> Plan:
    with Store.open(world.directory) as store:
        look = await observe(world, store.record(), fleet.spec)
    return make_plan(fleet.spec, look.record, look.seen, PlanOptions(origin=fleet.origin))


def applied(sandbox: Sandbox) -> RunReport:
    async def steps() -> RunReport:
        world, fleet = opened(sandbox)
        return await apply(world, fleet, await planned(world, fleet))

    return asyncio.run(steps())


def test_a_plan_is_applied_and_the_command_agrees(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")

    report = applied(sandbox)

    assert (report.exit_code, [one.resource for one in report.outcomes]) == (0, ["model/a"])
    assert sandbox.status()["a"]["ready"]
    assert sandbox.actions() == {}


def test_a_plan_for_another_world_is_refused(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    applied(sandbox)
    sandbox.document["models"]["a"]["parallel"] = 2
    world, fleet = opened(sandbox)
    plan = asyncio.run(planned(world, fleet))
    sandbox.apply()

    with pytest.raises(StalePlanError, match="moved"):
        asyncio.run(apply(world, fleet, plan))


def test_a_plan_with_objections_is_refused(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    applied(sandbox)
    sandbox.document["models"] = {}
    world, fleet = opened(sandbox)
    plan = asyncio.run(planned(world, fleet))

    assert [one.action for one in plan.changes] == [Action.STOP]
    with pytest.raises(UnsafePlanError):
        asyncio.run(apply(world, fleet, plan))
    assert sandbox.pids().keys() == {"a"}
