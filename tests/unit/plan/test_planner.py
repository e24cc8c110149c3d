import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.change import Action, Effect, Reason
from reconciler.domain.names import InstanceId, ResourceId, model_id
from reconciler.domain.observation import Health, RouterModelState
from reconciler.errors import UsageError
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import OpenStep, Record
from tests.unit.plan.worlds import (
    LINEAGE,
    after,
    catalogue,
    command_line,
    fleet_of,
    observation,
    process,
    read_world,
    slot_of,
)

EMPTY = Record(lineage=LINEAGE, serial=7)
EMBED = {"models": {"embed": {"path": "/m/embed.gguf", "serve": "dedicated", "port": 8101}}}
RUNNING = {
    "applied": "same",
    "lines": {"model/embed": {"pid": 11, "port": 8101}},
    "running": {"model/embed": {"pid": 11}},
}
NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
MODEL = st.fixed_dictionaries(
    {"path": st.sampled_from(["/m/1.gguf", "/m/2.gguf"]), "serve": st.sampled_from(["router", "dedicated"])},
    optional={
        "load": st.sampled_from(["always", "on-demand"]),
        "threads": st.integers(1, 8),
        "enabled": st.booleans(),
        "env": st.just({"A": "1"}),
        "memory": st.fixed_dictionaries({"ctx_size": st.sampled_from([1024, 2048])}),
        "extra_args": st.just({"--prio": (1, 2)}),
        "health": st.fixed_dictionaries({"stop_grace": st.just("3s")}),
    },
)
EXAMPLES = 70
FLEETS = st.dictionaries(NAMES, MODEL, max_size=5).map(
    lambda models: fleet_of({"router": {"models_max": 0}, "models": models})
)


@pytest.mark.invariant("I10", cases=EXAMPLES)
@given(FLEETS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_plan_after_a_perfect_apply_is_empty(fleet: FleetSpec) -> None:
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    plan = make_plan(fleet, record, seen, PlanOptions())
    assert plan.is_empty
    assert not [change for change in plan.changes if change.fields]


@pytest.mark.invariant("I9", cases=EXAMPLES)
@given(FLEETS, FLEETS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_change_of_fleet_is_done_after_one_apply(before: FleetSpec, now: FleetSpec) -> None:
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    seen = replace(
        observation(now), instances=seen.instances, router_models=seen.router_models, listening=seen.listening
    )
    plan = make_plan(now, record, seen, PlanOptions())
    kept_ports = {line.resource: line.port for line in record.resources.values() if line.port}
    moved = [
        one.resource
        for one in plan.changes
        if one.port and one.port != kept_ports.get(one.resource, one.port) and one.action is not Action.START
    ]
    record, seen = after(now, plan, record)
    assert make_plan(now, record, seen, PlanOptions()).is_empty
    assert not moved


@pytest.mark.invariant("I11", cases=EXAMPLES)
@given(FLEETS, FLEETS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_resource_on_either_side_has_exactly_one_change(before: FleetSpec, now: FleetSpec) -> None:
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    seen = replace(observation(now), instances=seen.instances, router_models=seen.router_models)
    plan = make_plan(now, record, seen, PlanOptions())
    resources = [change.resource for change in plan.changes]
    assert sorted(resources) == sorted({*record.resources, *map(model_id, now.models), "router"})
    assert [change.wave for change in plan.changes] == sorted(change.wave for change in plan.changes)


@pytest.mark.invariant("I16")
def test_the_same_inputs_give_the_same_plan() -> None:
    fleet = fleet_of(EMBED)
    assert make_plan(fleet, EMPTY, observation(fleet), PlanOptions()) == make_plan(
        fleet, EMPTY, observation(fleet), PlanOptions()
    )


def test_a_new_resource_gets_a_uid_that_nobody_had_before() -> None:
    fleet = fleet_of(EMBED)
    first, later = (
        make_plan(fleet, replace(EMPTY, serial=serial), observation(fleet), PlanOptions()).changes[0].slot
        for serial in (1, 2)
    )
    assert first != later


def test_adding_a_model_moves_no_other_ones_port() -> None:
    before = fleet_of({"models": {"z": {"path": "/m/z.gguf", "serve": "dedicated"}}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    now = fleet_of({"models": {name: {"path": "/m/z.gguf", "serve": "dedicated"} for name in "az"}})
    seen = replace(observation(now), instances=seen.instances, listening=seen.listening)
    plan = make_plan(now, record, seen, PlanOptions())
    assert {change.resource: change.port for change in plan.changes} == {"model/a": 8101, "model/z": 8100}


@pytest.mark.invariant("I18")
def test_a_fixed_port_that_another_model_got_from_the_pool_is_refused() -> None:
    before = fleet_of({"models": {"z": {"path": "/m/z.gguf", "serve": "dedicated"}}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    both = {
        "z": {"path": "/m/z.gguf", "serve": "dedicated"},
        "a": {"path": "/m/z.gguf", "serve": "dedicated", "port": 8100},
    }
    now = fleet_of({"models": both})
    plan = make_plan(now, record, replace(observation(now), instances=seen.instances), PlanOptions())
    assert [one.code for one in plan.diagnostics] == ["E0505"]


@pytest.mark.invariant("I18")
@pytest.mark.parametrize(
    ("mark", "targets", "way"), [({"protect": True}, (), "`protect: false`"), ({}, ("a",), "`--target z`")], ids=str
)
def test_the_port_of_a_model_that_left_the_files_and_stays_is_refused_to_another(
    mark: dict[str, bool], targets: tuple[str, ...], way: str
) -> None:
    model = {"path": "/m/z.gguf", "serve": "dedicated", "port": 1}
    before = fleet_of({"models": {"z": model | mark}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    now = fleet_of({"models": {"a": model}})
    options = PlanOptions(targets=frozenset(targets))

    plan = make_plan(now, record, replace(observation(now), instances=seen.instances), options)

    assert [(one.code, one.resource) for one in plan.diagnostics] == [("E0505", "model/a")]
    assert way in plan.diagnostics[0].hint


@pytest.mark.invariant("I18")
def test_ports_that_swap_are_refused() -> None:
    def pair(first: int, second: int) -> FleetSpec:
        return fleet_of(
            {"models": {n: {"path": "/m", "serve": "dedicated", "port": p} for n, p in (("a", first), ("b", second))}}
        )

    record, seen = after(pair(1, 2), make_plan(pair(1, 2), EMPTY, observation(pair(1, 2)), PlanOptions()), EMPTY)
    seen = replace(observation(pair(2, 1)), instances=seen.instances)
    plan = make_plan(pair(2, 1), record, seen, PlanOptions())
    assert {one.code for one in plan.diagnostics} == {"E0505"}


def test_a_port_that_is_handed_on_is_taken_in_a_later_wave() -> None:
    def pair(first: int, second: int) -> FleetSpec:
        return fleet_of(
            {"models": {n: {"path": "/m", "serve": "dedicated", "port": p} for n, p in (("a", first), ("b", second))}}
        )

    record, seen = after(pair(1, 2), make_plan(pair(1, 2), EMPTY, observation(pair(1, 2)), PlanOptions()), EMPTY)
    plan = make_plan(pair(2, 3), record, replace(observation(pair(2, 3)), instances=seen.instances), PlanOptions())
    assert [(one.resource, one.action) for one in plan.changes] == [
        ("model/b", Action.RESTART),
        ("model/a", Action.RESTART),
    ]
    assert plan.changes[0].wave < plan.changes[1].wave
    assert not plan.diagnostics


def open_step(action: str, *, instance: InstanceId | None = None) -> OpenStep:
    resource = ResourceId("model/embed")
    return OpenStep(step=1, resource=resource, uid=slot_of(resource), action=action, instance=instance)


def test_a_start_that_was_cut_off_is_taken_over_when_its_flags_are_the_declared_ones() -> None:
    fleet = fleet_of(EMBED)
    record, seen = read_world(fleet, RUNNING)
    argv = command_line(fleet, "model/embed", 8101)
    seen = replace(seen, instances={slot_of("model/embed"): (process("model/embed", 11, argv=argv),)})
    instance = record.resources[ResourceId("model/embed")].instance
    assert instance is not None
    step = open_step("restart", instance=instance.instance)
    plan = make_plan(fleet, replace(record, open_steps=(step,)), seen, PlanOptions(catalogue=catalogue()))
    assert [(one.action, one.reason) for one in plan.changes] == [(Action.ADOPT, Reason.FOUND_RUNNING)]


@pytest.mark.parametrize(
    ("status", "failed", "expected"),
    [
        ("loaded", False, (Action.KEEP, Reason.UP_TO_DATE)),
        ("sleeping", False, (Action.KEEP, Reason.UP_TO_DATE)),
        ("loading", False, (Action.START, Reason.NOT_LOADED)),
        ("downloading", False, (Action.KEEP, Reason.UP_TO_DATE)),
        ("unloaded", False, (Action.START, Reason.NOT_LOADED)),
        ("unloaded", True, (Action.START, Reason.DIED)),
    ],
)
def test_an_always_model_is_loaded_when_it_is_not(status: str, failed: bool, expected: tuple[Action, Reason]) -> None:  # noqa: FBT001 - a column of the table
    fleet = fleet_of({"router": {}, "models": {"a": {"path": "/m/a.gguf"}}})
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    seen = replace(seen, router_models={"a": RouterModelState(name="a", status=status, failed=failed)})
    change = make_plan(fleet, record, seen, PlanOptions()).change(model_id("a"))
    assert change is not None
    assert (change.action, change.reason) == expected


@pytest.mark.invariant("I15", "I24")
def test_health_alone_never_causes_an_action() -> None:
    fleet = fleet_of(EMBED)
    record, seen = read_world(fleet, RUNNING)
    slot = slot_of("model/embed")
    for health in Health:
        now = replace(seen, instances={slot: (replace(seen.instances[slot][0], health=health),)})
        assert make_plan(fleet, record, now, PlanOptions()).is_empty


TOLD = (Action.RESTART, Reason.UNHEALTHY)
LEFT = (Action.KEEP, Reason.UP_TO_DATE)


@pytest.mark.invariant("I11", "I12", "I15")
@pytest.mark.parametrize(
    ("action", "own", "health", "listens", "expected"),
    [
        ("stop", False, Health.REFUSED, False, TOLD),
        ("restart", False, Health.REFUSED, False, TOLD),
        # Its word, or the kernel's, that it serves; no answer at all; what the cut-off run has itself started.
        ("restart", False, Health.OK, False, LEFT),
        ("restart", False, Health.REFUSED, True, LEFT),
        ("restart", False, Health.SILENT, False, LEFT),
        ("restart", False, Health.UNKNOWN, False, LEFT),
        ("reload", False, Health.REFUSED, False, LEFT),
        ("restart", True, Health.REFUSED, False, (Action.ADOPT, Reason.FOUND_RUNNING)),
    ],
)
def test_what_a_cut_off_run_told_to_end_is_started_anew(
    action: str,
    own: bool,  # noqa: FBT001 - a column
    health: Health,
    listens: bool,  # noqa: FBT001 - a column
    expected: tuple[Action, Reason],
) -> None:
    fleet = fleet_of(EMBED)
    record, seen = read_world(fleet, RUNNING)
    found = process("model/embed", 11, argv=command_line(fleet, "model/embed", 8101))
    assert found.process.marks is not None
    step = open_step(action, instance=found.process.marks.instance if own else None)
    seen = replace(
        seen,
        instances={slot_of("model/embed"): (replace(found, health=health),)},
        listening={8101: 11} if listens else {},
    )

    plan = make_plan(fleet, replace(record, open_steps=(step,)), seen, PlanOptions(catalogue=catalogue()))

    assert [(one.action, one.reason) for one in plan.changes] == [expected]


@pytest.mark.invariant("I17")
def test_an_unknown_key_of_an_old_record_is_kept_and_shown() -> None:
    fleet = fleet_of(EMBED)
    record, seen = read_world(fleet, RUNNING)
    line = record.resources[ResourceId("model/embed")]
    assert line.applied is not None
    old = replace(line.applied, document={**line.applied.document, "memory": {"gone": 3}})
    record = replace(record, resources={line.resource: replace(line, applied=old)})
    (change,) = make_plan(fleet, record, seen, PlanOptions()).changes
    assert [(one.path, one.before, one.after) for one in change.fields] == [("memory.gone", 3, None)]


@pytest.mark.invariant("I28")
def test_no_fingerprint_of_a_secret_stands_in_a_plan() -> None:
    fleet = fleet_of({"server": {"api_key": {"env": "KEY"}}, **EMBED})
    record, seen = read_world(fleet, {**RUNNING, "secrets": {"env:KEY": "another-hmac"}})
    plan = make_plan(fleet, record, seen, PlanOptions())
    assert [one.reason for one in plan.changes] == [Reason.SECRET_CHANGED]
    assert "hmac" not in repr(plan)
    assert "hmac" not in json.dumps([str(one) for one in plan.changes])


@pytest.mark.parametrize(
    ("target", "hint"), [("embd", "did you mean `embed`?"), ("zzzzz", "`reconcile status` lists them")]
)
def test_an_unknown_target_is_refused(target: str, hint: str) -> None:
    fleet = fleet_of(EMBED)
    with pytest.raises(UsageError) as caught:
        make_plan(fleet, EMPTY, observation(fleet), PlanOptions(targets=frozenset({target})))
    assert caught.value.hint == hint


def test_a_targeted_model_of_the_router_brings_the_router() -> None:
    fleet = fleet_of({"router": {}, "models": {"a": {"path": "/m"}, "b": {"path": "/m", "serve": "dedicated"}}})
    plan = make_plan(fleet, EMPTY, observation(fleet), PlanOptions(targets=frozenset({"model/a"})))
    assert {one.resource for one in plan.pending} == {"router", "model/a"}


@pytest.mark.invariant("I19")
@pytest.mark.parametrize(("limit", "refused"), [(None, True), (74, True), (75, False), (100, False)])
def test_max_stop_is_a_share_of_what_is_served(limit: int | None, refused: bool) -> None:  # noqa: FBT001 - a column of the table
    before = fleet_of({"models": {n: {"path": "/m", "serve": "dedicated"} for n in "abcd"}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    now = fleet_of({"models": {"a": {"path": "/m", "serve": "dedicated"}}})
    plan = make_plan(now, record, replace(observation(now), instances=seen.instances), PlanOptions(max_stop=limit))
    assert [one.code for one in plan.objections] == (["MaxStop"] if refused else [])


@pytest.mark.invariant("I27")
def test_the_router_stays_for_a_protected_model() -> None:
    fleet = fleet_of({"router": {}, "models": {"a": {"path": "/m", "protect": True}, "b": {"path": "/m"}}})
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    off = {"a": {"path": "/m", "protect": True, "enabled": False}, "b": {"path": "/m", "enabled": False}}
    now = fleet_of({"router": {"enabled": False}, "models": off})
    plan = make_plan(now, record, seen, PlanOptions(max_stop=100))
    assert {one.resource: one.action for one in plan.changes} == {
        "router": Action.KEEP,
        "model/a": Action.KEEP,
        "model/b": Action.STOP,
    }
    assert {(one.code, one.blocking) for one in plan.objections} == {("Protected", False)}


@pytest.mark.invariant("I11")
def test_what_is_kept_has_no_field_that_costs_something() -> None:
    fleet = fleet_of({"router": {}, "models": {"a": {"path": "/m", "threads": 2}}})
    before = fleet_of({"router": {}, "models": {"a": {"path": "/m"}}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    plan = make_plan(fleet, record, replace(seen, router_models=None), PlanOptions())
    kept = [field for one in plan.changes if one.action is Action.KEEP for field in one.fields]
    assert all(field.effect is Effect.NONE for field in kept)


def test_the_router_lets_go_of_a_model_that_has_a_process_of_its_own() -> None:
    models = {"a": {"path": "/m", "serve": "dedicated"}, "b": {"path": "/m"}}
    fleet = fleet_of({"router": {}, "models": models})
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    states = {name: RouterModelState(name=name, status="loaded") for name in "ab"}
    plan = make_plan(fleet, record, replace(seen, router_models=states), PlanOptions())
    assert [(one.resource, one.action) for one in plan.pending] == [("router", Action.RELOAD)]
    assert [(one.resource, one.summary) for one in plan.drift] == [("model/a", "the router lists it too")]
    there = make_plan(fleet, record, replace(seen, router_models=states), PlanOptions(targets=frozenset({"b"})))
    assert there.is_empty


def test_the_router_lets_go_of_a_name_that_it_got_by_a_move_that_no_record_has() -> None:
    models = {"a": {"path": "/m", "serve": "dedicated"}, "b": {"path": "/m"}}
    fleet = fleet_of({"router": {}, "models": models})
    record, seen = after(fleet, make_plan(fleet, EMPTY, observation(fleet), PlanOptions()), EMPTY)
    logs = {"b": "of-b", "cached": "of-nobody", "e": record.resources[model_id("a")].uid}
    states = {
        name: RouterModelState(name=name, status="loaded", args=("--log-file", f"/logs/{log}.log"))
        for name, log in logs.items()
    }
    plan = make_plan(fleet, record, replace(seen, router_models=states), PlanOptions())
    assert [(one.resource, one.action) for one in plan.pending] == [("router", Action.RELOAD)]
    del states["e"]
    assert make_plan(fleet, record, replace(seen, router_models=states), PlanOptions()).is_empty


@pytest.mark.invariant("I1", "I15")
def test_nothing_is_started_beside_a_process_of_a_router_that_does_not_say_what_it_has() -> None:
    before = fleet_of({"router": {}, "models": {"b": {"path": "/m"}}})
    record, seen = after(before, make_plan(before, EMPTY, observation(before), PlanOptions()), EMPTY)
    [(slot, [router])] = seen.instances.items()
    child = replace(router, carrier=False, process=replace(router.process, argv=("llama-server", "--alias", "e,too")))
    seen = replace(seen, router_models=None, instances={slot: (router, child)})
    fleet = fleet_of(
        {"router": {}, "models": {name: {"path": "/m", "serve": "dedicated"} for name in "ef"} | {"b": {"path": "/m"}}}
    )
    plan = make_plan(fleet, record, seen, PlanOptions())
    decided = {one.resource: (one.action, one.reason) for one in plan.changes}
    assert decided[model_id("e")] == (Action.KEEP, Reason.UNKNOWN)
    assert decided[model_id("f")] == (Action.START, Reason.NEW)
