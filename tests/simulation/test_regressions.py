"""What the simulation once found, each as the shortest history that shows it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.domain.outcome import Result
from reconciler.store import Store
from tests.simulation.drafts import FILES, SECRET, FleetDraft, ModelDraft
from tests.simulation.expected import alias_of
from tests.simulation.faults import run_is_lost, the_store_is_lost
from tests.simulation.interruptions import Nth, kill
from tests.simulation.simulation import Simulation

OWN = ModelDraft(file=FILES[0])
INSIDE = ModelDraft(file=FILES[0], serve="router")
pytestmark = pytest.mark.invariant("I12")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with Simulation(0, tmp_path / "machine") as one:
        yield one


def declare(sim: Simulation, **models: ModelDraft) -> None:
    assert sim.edit(FleetDraft(models=models))


def lose_the_store(sim: Simulation) -> None:
    the_store_is_lost(sim, sim.host.random)


@pytest.mark.parametrize("after", [{}, {"a": OWN}, {"a": replace(INSIDE, enabled=False)}], ids=str)
def test_a_model_that_leaves_the_router_after_the_store_was_lost_leaves_it(
    sim: Simulation, after: dict[str, ModelDraft]
) -> None:
    declare(sim, a=INSIDE, b=INSIDE)
    sim.apply()
    lose_the_store(sim)
    declare(sim, b=INSIDE, **after)

    sim.settle()

    assert "a" not in sim.router_models()


def test_a_section_of_a_run_that_was_cut_off_goes_with_its_model(sim: Simulation) -> None:
    declare(sim, b=OWN)
    sim.apply()
    declare(sim, a=replace(INSIDE, load="on-demand"), b=OWN)
    assert sim.apply(interruption=kill, when=Nth(1, "point:step-done")).killed
    declare(sim, b=OWN)

    sim.settle()

    assert not sim.router_models()


def test_a_section_of_a_step_that_failed_goes_with_its_model(sim: Simulation) -> None:
    declare(sim, a=INSIDE, b=OWN)
    sim.host.network.fault("refused", 100, path="/models")
    sim.apply()
    sim.host.network.heal()
    declare(sim, b=OWN)

    sim.apply(insist=True)

    assert not sim.router_models()


def test_a_section_goes_in_the_one_pass_that_restarts_the_router_for_a_new_key(sim: Simulation) -> None:
    declare(sim, a=INSIDE, b=OWN)
    sim.apply()
    sim.set_secret(1)
    declare(sim, b=OWN)

    sim.apply(insist=True)

    assert not sim.router_models()


def test_a_process_that_is_found_is_restarted_when_its_key_is_not_the_declared_one(sim: Simulation) -> None:
    sim.apply()
    lose_the_store(sim)
    sim.set_secret(1)

    sim.settle()

    keys = {one.environment["LLAMA_API_KEY"] for one in sim.host.kernel.processes() if one.ours}
    assert keys == {sim.host.environ[SECRET]}


def test_one_of_several_keys_is_enough_to_wait_for_requests(sim: Simulation) -> None:
    sim.host.environ[SECRET] = "one,two"
    sim.apply()
    sim.host.behaviour("a", busy_requests=1, busy_seconds=1.0)
    began = sim.host.clock.time
    declare(sim, a=replace(OWN, ctx=4096))

    [outcome] = sim.apply().outcomes

    assert (outcome.cut_requests, sim.host.clock.time - began >= 1.0) == (0, True)


def test_a_rotated_key_does_not_keep_a_restart_from_waiting_for_requests_in_the_router(sim: Simulation) -> None:
    declare(sim, a=INSIDE)
    sim.apply()
    sim.host.behaviour("a", busy_requests=1, busy_seconds=1.0)
    began = sim.host.clock.time
    sim.set_secret(1)

    cut = sum(one.cut_requests or 0 for one in sim.apply().outcomes)

    assert (cut, sim.host.clock.time - began >= 1.0) == (0, True)


def test_a_run_that_was_cut_off_behind_its_last_step_is_closed_by_the_next(sim: Simulation) -> None:
    assert sim.apply(interruption=kill, when=Nth(2, "point:step-journalled")).killed

    sim.settle()

    with Store.open(sim.host.directory) as store:
        assert store.record().generation == 1


def test_a_model_keeps_the_port_with_which_a_cut_off_run_has_started_it(sim: Simulation) -> None:
    declare(sim, a=INSIDE)
    sim.apply()
    declare(sim, a=OWN)
    assert sim.apply(interruption=kill, when=Nth(1, "point:spawned")).killed
    before = {pid for pid, one in sim.seen().items() if alias_of(one.argv) == "a"}

    sim.settle()

    assert before <= set(sim.seen())


@pytest.mark.invariant("I1")
def test_a_model_that_the_router_is_just_loading_ends_before_its_own_process_begins(sim: Simulation) -> None:
    declare(sim, a=replace(INSIDE, load="on-demand"))
    sim.apply()
    sim.host.behaviour("a", load_seconds=20.0)
    sim.host.request("a")
    sim.disturb()
    declare(sim, a=OWN)

    sim.apply()

    assert [alias_of(one.argv) for one in sim.seen().values() if alias_of(one.argv)] == ["a"]


def test_a_process_that_no_record_knows_ends_before_its_model_is_in_the_router(sim: Simulation) -> None:
    assert sim.apply(interruption=kill, when=Nth(2, "point:spawned")).killed
    run_is_lost(sim, sim.host.random)
    declare(sim, a=INSIDE)

    sim.settle()

    assert sim.router_models()["a"][0] == "loaded"


def test_what_was_started_after_an_old_store_was_kept_is_taken_over_when_that_comes_back(sim: Simulation) -> None:
    sim.apply()
    kept = sim.store.read_bytes()
    lose_the_store(sim)
    sim.host.reboot()
    sim.apply()
    before = {one.born for one in sim.seen().values()}
    sim.store.write_bytes(kept)
    sim.disturb()

    sim.settle()

    assert {one.born for one in sim.seen().values()} == before


@pytest.mark.invariant("I27")
def test_what_is_found_again_is_still_protected(sim: Simulation) -> None:
    declare(sim, a=replace(OWN, protect=True))
    sim.apply()
    lose_the_store(sim)
    sim.apply()

    with Store.open(sim.host.directory) as store:
        assert {line.resource for line in store.record().resources.values() if line.protected} == {"model/a"}


@pytest.mark.invariant("I34")
def test_a_disk_that_fills_up_before_the_way_back_is_no_bug(sim: Simulation) -> None:
    declare(sim, a=OWN)
    sim.apply()
    sim.disturb(for_good=True)
    sim.host.behaviour(FILES[0], fail_to_load="out_of_memory")
    declare(sim, a=replace(OWN, ctx=4096))

    done = sim.apply(interruption=lambda one, _: fill(one), when=Nth(1, "point:attempt-ended"))

    assert done.error is not None or done.report is not None
    sim.host.calm_down()
    sim.settle()


def fill(sim: Simulation) -> None:
    sim.host.disk.full = True


def test_the_router_lets_go_of_a_model_that_never_moved_to_it(sim: Simulation) -> None:
    assert sim.edit(FleetDraft(models={"a": OWN}, router=None))
    sim.apply()
    own = {one.born for one in sim.seen().values()}
    declare(sim, a=INSIDE)
    assert sim.apply(interruption=kill, when=Nth(1, "point:step-journalled")).killed
    assert sim.router_models().keys() == {"a"}
    declare(sim, a=OWN)

    sim.settle()

    assert not sim.router_models()
    assert own <= {one.born for one in sim.seen().values()}


@pytest.mark.parametrize("requests", [0, 1])
@pytest.mark.parametrize("what", ["a process of its own", "the router"])
def test_what_a_run_that_was_cut_off_told_to_end_is_started_anew_though_the_files_went_back(
    sim: Simulation, what: str, requests: int
) -> None:
    before = FleetDraft(models={"a": INSIDE if what == "the router" else OWN})
    assert sim.edit(before)
    sim.apply()
    sim.disturb(for_good=True)
    sim.host.behaviour("a", busy_requests=requests)
    assert sim.edit(replace(before, models_max=3, models={"a": replace(before.models["a"], temperature=0.5)}))
    assert sim.apply(interruption=kill, when=Nth(1, "point:term-sent")).killed
    assert sim.edit(before)

    [*done] = sim.apply().outcomes

    assert {one.result for one in done} == {Result.DONE}
    assert all(one.ports for one in sim.host.kernel.processes() if one.ours)


@pytest.mark.parametrize("place", ["found-noted", "steps-abandoned", "run-begun", "wave-journalled", "drained"])
def test_it_is_known_also_by_the_run_after_one_more_that_was_cut_off(sim: Simulation, place: str) -> None:
    sim.apply()
    sim.host.behaviour("a", busy_requests=1)
    sim.disturb()
    declare(sim, a=replace(OWN, ctx=4096))
    assert sim.apply(interruption=kill, when=Nth(1, "point:term-sent")).killed
    declare(sim, a=OWN)
    assert sim.apply(interruption=kill, when=Nth(1, f"point:{place}")).killed

    sim.settle()

    assert all(one.ports for one in sim.host.kernel.processes() if one.ours)


@pytest.mark.invariant("I11")
@pytest.mark.parametrize("place", ["wave-journalled", "drained"])
def test_what_a_run_that_was_cut_off_had_not_told_to_end_yet_goes_on(sim: Simulation, place: str) -> None:
    sim.apply()
    before = set(sim.seen())
    declare(sim, a=replace(OWN, ctx=4096))
    assert sim.apply(interruption=kill, when=Nth(1, f"point:{place}")).killed
    declare(sim, a=OWN)

    sim.settle()

    assert set(sim.seen()) == before


@pytest.mark.invariant("I11")
def test_a_version_that_came_back_by_another_build_is_not_restarted_for_that_build(sim: Simulation) -> None:
    declare(sim, a=OWN)
    sim.apply()
    sim.host.upgrade_binary("version: 2")
    sim.host.largest_context = 2048
    sim.disturb()
    declare(sim, a=replace(OWN, ctx=4096))
    sim.apply()
    back = set(sim.seen())
    declare(sim, a=OWN)

    sim.settle()

    assert back <= set(sim.seen())


@pytest.mark.invariant("I10")
def test_what_outlives_a_child_of_the_router_goes_with_its_model(sim: Simulation) -> None:
    sim.host.behaviour("a", forks_survivor=True)
    declare(sim, a=INSIDE, b=INSIDE)
    sim.apply()
    declare(sim, b=INSIDE)

    sim.settle()

    assert [alias_of(one.argv) for one in sim.seen().values() if alias_of(one.argv)] == ["b"]


def rename_by_a_run_that_is_cut_off(sim: Simulation, before: ModelDraft) -> None:
    """The router has `e` from here on, and the record only `a`."""
    declare(sim, a=before, b=INSIDE)
    sim.apply()
    declare(sim, e=replace(INSIDE, moved_from="a"), b=INSIDE)
    assert sim.apply(interruption=kill, when=Nth(1, "point:step-done")).killed
    assert sim.router_models()["e"][0] == "loaded"


@pytest.mark.invariant("I1")
@pytest.mark.parametrize("router", [8080, None])
@pytest.mark.parametrize("before", [OWN, INSIDE], ids=["own", "inside"])
@pytest.mark.parametrize(
    "after", [{"e": OWN}, {"e": OWN, "a": OWN}, {"e": replace(OWN, moved_from="a")}], ids=["new", "both", "moved"]
)
def test_a_model_leaves_the_router_before_its_own_process_begins_also_under_a_name_that_no_record_has(
    sim: Simulation, before: ModelDraft, after: dict[str, ModelDraft], router: int | None
) -> None:
    rename_by_a_run_that_is_cut_off(sim, before)
    assert sim.edit(FleetDraft(models=after | ({"b": INSIDE} if router else {}), router=router))

    sim.settle()

    assert [alias_of(one.argv) for one in sim.seen().values()].count("e") == 1


def test_the_router_lets_go_of_a_name_that_a_model_did_not_get(sim: Simulation) -> None:
    rename_by_a_run_that_is_cut_off(sim, OWN)
    declare(sim, a=OWN, b=INSIDE)

    sim.settle()

    assert sim.router_models().keys() == {"b"}


@pytest.mark.invariant("I1")
def test_no_process_begins_beside_one_of_a_router_that_does_not_say_what_it_has(sim: Simulation) -> None:
    rename_by_a_run_that_is_cut_off(sim, INSIDE)
    declare(sim, e=OWN, b=INSIDE)
    sim.host.network.fault("silent", 100, path="/models")
    sim.disturb()

    sim.apply()

    assert [alias_of(one.argv) for one in sim.seen().values()].count("e") == 1
    sim.host.network.heal()
    sim.settle()


@pytest.mark.invariant("I1")
def test_a_process_begins_when_that_of_a_dead_router_has_ended(sim: Simulation) -> None:
    rename_by_a_run_that_is_cut_off(sim, INSIDE)
    assert sim.edit(FleetDraft(models={"e": OWN}, router=None))
    [router] = [pid for pid, one in sim.seen().items() if one.is_router]
    sim.host.kernel.kill(router, 9)
    sim.host.clock.advance(0.01)
    sim.disturb()

    sim.apply(insist=True)

    assert [alias_of(one.argv) for one in sim.seen().values()] == ["e"]
    sim.settle()


@pytest.mark.invariant("I1")
def test_no_process_begins_beside_one_of_the_router_that_does_not_end(sim: Simulation) -> None:
    declare(sim, a=INSIDE, b=INSIDE)
    sim.apply()
    sim.host.behaviour("a", ignore_term=True, survive_kill=True)
    sim.disturb()
    declare(sim, a=OWN, b=INSIDE)

    [outcome] = sim.apply().outcomes

    assert "survives SIGKILL" in outcome.message
    assert [alias_of(one.argv) for one in sim.seen().values()].count("a") == 1
    sim.settle()


def test_a_version_that_came_back_under_a_name_that_the_files_do_not_have_is_not_restarted(sim: Simulation) -> None:
    declare(sim, a=OWN, b=INSIDE)
    sim.apply()
    sim.host.network.fault("refused", 1, path="/models?reload=1")
    sim.disturb()
    declare(sim, e=replace(INSIDE, moved_from="a"), b=INSIDE)
    sim.apply()
    back = set(sim.seen())
    declare(sim, a=OWN, b=INSIDE)

    sim.settle()

    assert back <= set(sim.seen())


def test_a_model_that_the_router_does_not_let_go_is_told_with_its_port(sim: Simulation) -> None:
    declare(sim, a=INSIDE)
    sim.apply()
    sim.host.network.fault("refused", 1, path="/models?reload=1")
    sim.disturb()
    declare(sim, a=OWN)

    [outcome] = sim.apply().outcomes

    assert (outcome.result, outcome.port) == ("restored", 8080)


def test_a_key_that_is_rotated_while_a_process_is_found_again_is_not_taken_for_the_one_that_it_has(
    sim: Simulation,
) -> None:
    sim.apply()
    lose_the_store(sim)

    sim.apply(interruption=lambda one, _: one.set_secret(1), when=Nth(1, "http:/health:before"))
    sim.settle()

    keys = {one.environment["LLAMA_API_KEY"] for one in sim.host.kernel.processes() if one.ours}
    assert keys == {sim.host.environ[SECRET]}
