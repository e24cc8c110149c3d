"""
Whatever happens to the files: no plan stops what is protected, more than is allowed, or everything, unless told to.

Between what was applied and what is declared now a block may have left, been renamed, disabled, changed sides between
the router and a process of its own, or lost its mark; the router may be gone, and only a part of the plan be wanted.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.names import ROUTER, SlotUid, model_id, model_name
from reconciler.domain.observation import Observation, RouterModelState
from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.plan import Plan
from reconciler.errors import UsageError
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.plan.undo import undo_plan
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import Failure, Record, ResourceRecord
from reconciler.supervise.destroy import emptied
from tests.unit.plan.worlds import LINEAGE, after, fleet_of, observation

EXAMPLES = 150
EMPTY = Record(lineage=LINEAGE, serial=7)
NAMES = ("a", "b", "c", "d", "e")
MODEL = st.fixed_dictionaries(
    {"path": st.just("/m/1.gguf"), "serve": st.sampled_from(["router", "dedicated"]), "protect": st.booleans()},
    optional={"load": st.sampled_from(["always", "on-demand"]), "threads": st.integers(1, 3), "enabled": st.booleans()},
)
ROUTERS = st.fixed_dictionaries(
    {"models_max": st.sampled_from([0, 9])}, optional={"enabled": st.sampled_from([True, True, True, False])}
)
OPTIONS = st.builds(
    PlanOptions,
    targets=st.sampled_from([frozenset(), frozenset(), frozenset({"router"}), frozenset({"model/a"})]),
    allow_empty=st.just(value=False),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Record, Observation, FleetSpec]:
    """A fleet as it was applied, and what the files say now."""
    before = fleet_of(
        {"router": {"models_max": 0}, "models": draw(st.dictionaries(st.sampled_from(NAMES), MODEL, min_size=1))}
    )
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    now: dict[str, Any] = {}
    for name, model in before.models.items():
        fate = draw(st.sampled_from(["same", "same", "gone", "renamed", "another"]))
        if fate == "same":
            now[name] = model.document()
        elif fate == "renamed":
            now[f"{name}-2"] = draw(MODEL) | {"moved_from": name}
        elif fate == "another":
            now[name] = draw(MODEL)
    router = draw(st.none() | ROUTERS)
    if router is None:
        now = {name: model | {"serve": "dedicated"} for name, model in now.items()}
    fleet = fleet_of({**({"router": router} if router else {}), "models": now})
    looked = replace(
        observation(fleet), instances=seen.instances, router_models=seen.router_models, listening=seen.listening
    )
    return record, looked, fleet


def planned(fleet: FleetSpec, record: Record, seen: Observation, options: PlanOptions) -> Plan:
    """With the targets that there are."""
    try:
        return make_plan(fleet, record, seen, options)
    except UsageError:
        return make_plan(fleet, record, seen, replace(options, targets=frozenset()))


def ended(record: Record, plan: Plan) -> set[str]:
    """Served models that do not go on: by a change of their own, or with the router that they are in."""
    router = plan.change(ROUTER)
    no_router = router is not None and router.action is Action.STOP
    by_slot = {change.slot: change for change in plan.changes if change.slot}
    return {
        line.resource
        for line in record.resources.values()
        if model_name(line.resource) and line.desired_running and _ends(line, by_slot.get(line.uid), no_router)
    }


def _ends(line: ResourceRecord, change: Change | None, no_router: bool) -> bool:  # noqa: FBT001 - a fact
    inside = line.applied is not None and line.applied.serve == "router"
    leaves = change is not None and change.action in {Action.RESTART, Action.STOP, Action.FORGET}
    return (change is not None and change.action in {Action.STOP, Action.FORGET}) or (
        inside and no_router and not leaves
    )


@pytest.mark.invariant("I19", "I27", cases=EXAMPLES)
@given(worlds(), OPTIONS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_plan_stops_or_renames_what_is_protected(
    world: tuple[Record, Observation, FleetSpec], options: PlanOptions
) -> None:
    record, seen, fleet = world
    protected = {line.resource for line in record.resources.values() if line.desired_running and line.is_protected}
    everything = PlanOptions(max_stop=100, allow_empty=True, accept_origin=True)
    for plan in (planned(fleet, record, seen, options), make_plan(emptied(fleet), record, seen, everything)):
        assert ended(record, plan) & protected == set()
        names = {line.uid: line.resource for line in record.resources.values()}
        moved = {names[one.slot] for one in plan.pending if one.slot in names and names[one.slot] != one.resource}
        assert moved & protected == set()


@pytest.mark.invariant("I19", cases=EXAMPLES)
@given(worlds(), OPTIONS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_plan_stops_more_than_is_allowed_or_everything_of_an_empty_fleet(
    world: tuple[Record, Observation, FleetSpec], options: PlanOptions
) -> None:
    record, seen, fleet = world
    plan = planned(fleet, record, seen, options)
    if any(one.blocking for one in plan.objections):
        return
    served = [one for one in record.resources.values() if model_name(one.resource) and one.desired_running]
    stopped = ended(record, plan)
    assert len(served) < 3 or len(stopped) * 100 <= fleet.safety.max_stop * len(served)
    assert fleet.models or not stopped


@pytest.mark.invariant("I22", "I27", cases=EXAMPLES)
@given(worlds())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_run_that_goes_back_brings_back_all_that_was_and_stops_nothing_protected(
    world: tuple[Record, Observation, FleetSpec],
) -> None:
    before, seen, fleet = world
    plan = make_plan(fleet, before, seen, PlanOptions(max_stop=100, allow_empty=True))
    now = _carried_out(fleet, plan, before)
    outcomes = [Outcome(resource=one.resource, action=one.action, result=Result.DONE) for one in plan.pending]

    undo = undo_plan(plan, outcomes, before, now)

    by_slot = {change.slot: change for change in undo.plan.changes}
    after_it = {line.uid: line for line in now.resources.values()}
    for line in before.resources.values():
        change, then = by_slot.get(line.uid), after_it.get(line.uid)
        if not line.desired_running:
            continue
        if change is None or change.action is Action.KEEP:
            assert then is not None
            assert (then.resource, then.applied) == (line.resource, line.applied) or line.uid in undo.records
        else:
            assert change.action in {Action.START, Action.RESTART, Action.RELOAD}
            assert (change.resource, undo.versions[change.resource]) == (line.resource, line.applied)
    for change in undo.plan.pending:
        if change.action is Action.STOP:
            assert change.resource == ROUTER or not after_it[change.slot or ""].is_protected  # type: ignore[index] # a slot
    assert [one.wave for one in undo.plan.changes] == sorted(one.wave for one in undo.plan.changes)


def _carried_out(fleet: FleetSpec, plan: Plan, before: Record) -> Record:
    """The record once all of a plan was done; what is held keeps its line."""
    held = {one.slot: line for one in plan.changes if one.action is Action.KEEP and (line := _line(before, one))}
    rest = replace(plan, changes=tuple(one for one in plan.changes if one.slot not in held and one.slot))
    known = [one for one in rest.changes if model_name(one.resource) in fleet.models or one.resource == ROUTER]
    gone = [one for one in rest.changes if one not in known and one.action is not Action.STOP]
    forgotten = {one.slot for one in rest.changes if one.forget_after}
    record, _ = after(fleet, replace(rest, changes=tuple(known)), before)
    left = {name: line for name, line in record.resources.items() if line.uid not in forgotten}
    kept = {line.resource: line for line in held.values()} | {
        line.resource: line for one in gone if not one.forget_after and (line := _line(before, one))
    }
    return replace(record, resources=left | kept)


def _line(record: Record, change: Change) -> ResourceRecord | None:
    return next((line for line in record.resources.values() if line.uid == change.slot), None)


def applied(document: dict[str, Any]) -> tuple[Record, Observation]:
    fleet = fleet_of(document)
    return after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)


@pytest.mark.invariant("I27")
@pytest.mark.parametrize("serve", ["router", "dedicated"])
def test_a_protected_model_keeps_its_name_until_the_mark_is_taken_off(serve: str) -> None:
    model = {"path": "/m", "serve": serve}
    record, seen = applied({"router": {}, "models": {"old": {**model, "protect": True}}})
    renamed = fleet_of({"router": {}, "models": {"new": {**model, "moved_from": "old"}}})

    plan = make_plan(renamed, record, seen, PlanOptions())

    assert plan.is_empty
    assert [(one.code, one.blocking) for one in plan.objections] == [("Protected", False)]
    assert "`protect: false` must be applied" in plan.objections[0].summary
    free = fleet_of({"router": {}, "models": {"old": {**model, "protect": False}}})
    record, seen = after(free, make_plan(free, record, seen, PlanOptions()), record)
    moved = make_plan(renamed, record, replace(seen, files=observation(renamed).files), PlanOptions())
    assert [(one.resource, one.action) for one in moved.pending] == [
        ("model/new", Action.RELOAD if serve == "router" else Action.RESTART)
    ]


@pytest.mark.invariant("I27")
def test_a_targeted_router_loads_a_protected_model_again_that_left_the_files() -> None:
    record, seen = applied({"router": {"models_max": 0}, "models": {"kept": {"path": "/m", "protect": True}}})
    now = fleet_of({"router": {"models_max": 4}, "models": {}})

    plan = make_plan(now, record, seen, PlanOptions(targets=frozenset({"router"}), allow_empty=True))

    assert {one.resource: one.action for one in plan.pending} == {
        "router": Action.RESTART,
        "model/kept": Action.RELOAD,
    }


@pytest.mark.invariant("I19")
def test_a_targeted_router_that_stops_counts_with_all_its_models() -> None:
    models = {name: {"path": "/m", "serve": "router"} for name in "abcd"}
    record, seen = applied({"router": {}, "models": models})
    now = fleet_of({"router": {"enabled": False}, "models": models})

    plan = make_plan(now, record, seen, PlanOptions(targets=frozenset({"router"})))

    assert [one.code for one in plan.objections] == ["MaxStop"]


@pytest.mark.invariant("I27")
@pytest.mark.parametrize("serve", ["router", "dedicated"])
def test_what_runs_undeclared_after_the_store_was_lost_may_be_protected_and_stays(serve: str) -> None:
    record, seen = applied({"router": {}, "models": {name: {"path": "/m", "serve": serve} for name in "ab"}})
    lost = {
        resource: ResourceRecord(resource=resource, uid=line.uid, desired_running=True, port=line.port)
        for resource, line in record.resources.items()
    }
    now = fleet_of({"router": {}, "models": {"a": {"path": "/m", "serve": serve}}})

    plan = make_plan(now, replace(record, resources=lost), seen, PlanOptions())

    change = plan.change(model_id("b"))
    assert change is not None
    assert (change.action, change.reason) == (Action.KEEP, Reason.PROTECTED)
    assert [(one.code, one.blocking) for one in plan.objections] == [("Protected", False)]


def test_a_state_of_the_router_alone_says_that_a_model_is_there() -> None:
    record, seen = applied({"router": {}, "models": {"a": {"path": "/m"}}})
    line = ResourceRecord(resource=model_id("b"), uid=record.resources[model_id("a")].uid, desired_running=True)
    lost = replace(record, resources={ROUTER: record.resources[ROUTER], line.resource: line})
    states = {"b": RouterModelState(name="b", status="loaded")}
    now = fleet_of({"models": {"z": {"path": "/m", "serve": "dedicated"}}})

    plan = make_plan(
        now, lost, replace(observation(now), instances=seen.instances, router_models=states), PlanOptions()
    )

    assert {one.resource: one.action for one in plan.changes if one.resource != "model/z"} == {
        "router": Action.KEEP,
        "model/b": Action.KEEP,
    }


@pytest.mark.invariant("I19")
def test_a_limit_holds_until_a_higher_one_was_applied() -> None:
    models = {name: {"path": "/m", "serve": "dedicated"} for name in NAMES}
    before = fleet_of({"safety": {"max_stop": "10%"}, "models": models})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    record = replace(record, max_stop=10)

    def said(safety: dict[str, str], options: PlanOptions) -> list[str]:
        fleet = fleet_of({"safety": safety, "models": {name: models[name] for name in "abcd"}})
        return [one.summary for one in make_plan(fleet, record, seen, options).objections]

    until = "until `safety.max_stop` of 50% was applied"
    assert said({}, PlanOptions()) == [f"1 of 5 served models would stop (20%, allowed 10% {until}): e"]
    assert said({"max_stop": "5%"}, PlanOptions()) == ["1 of 5 served models would stop (20%, allowed 5%): e"]
    assert said({}, PlanOptions(max_stop=20)) == []
    record = replace(record, max_stop=50)
    assert said({}, PlanOptions()) == []


def test_what_was_started_in_vain_is_forgotten_and_counts_as_no_stop() -> None:
    fleet = fleet_of({"models": {"a": {"path": "/m", "serve": "dedicated"}}})
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    failure = Failure(digest="d", message="m", at=1.0)
    vain = [
        ResourceRecord(resource=model_id(name), uid=SlotUid(name), desired_running=True, failure=failure)
        for name in "bcd"
    ]
    record = replace(record, resources={**record.resources, **{line.resource: line for line in vain}})

    plan = make_plan(fleet, record, seen, PlanOptions())

    assert {(one.resource, one.action) for one in plan.pending} == {(line.resource, Action.FORGET) for line in vain}
    assert plan.objections == ()


@pytest.mark.invariant("I22")
def test_a_run_that_goes_back_unloads_what_it_has_loaded_before_it_starts_what_had_ended() -> None:
    def fleet(**models: str) -> FleetSpec:
        declared = {name: {"path": "/m", "serve": serve} for name, serve in models.items()}
        return fleet_of({"router": {"models_max": 0}, "models": declared})

    old, new = fleet(a="dedicated", b="router"), fleet(b="router", c="router")
    record, seen = after(old, make_plan(old, EMPTY, observation(old), PlanOptions()), EMPTY)
    looked = replace(seen, files=observation(new).files)
    plan = make_plan(new, record, looked, PlanOptions())

    undo = undo_plan(plan, (), record, _carried_out(new, plan, record))

    waves = {one.resource: (one.action, one.wave) for one in undo.plan.pending}
    assert waves == {model_id("c"): (Action.STOP, 0), model_id("a"): (Action.START, 2)}
