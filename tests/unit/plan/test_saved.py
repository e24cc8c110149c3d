import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.domain.change import Action
from reconciler.domain.diagnostic import Diagnostic, Fix, Position, Severity
from reconciler.domain.observation import Observation
from reconciler.errors import ReconcilerError, StalePlanError
from reconciler.plan.codec import SavedPlan, plan_from_json, plan_json, read_saved, saved_text
from reconciler.plan.freshness import ensure_fresh
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.spec.record import Record
from tests.unit.plan.worlds import fleet_of, observation, process, read_world, slot_of

FLEET = fleet_of(
    {
        "server": {"api_key": {"env": "KEY"}},
        "safety": {"max_stop": "40%"},
        "models": {
            "embed": {
                "path": "/m/embed.gguf", "serve": "dedicated", "port": 8101, "threads": 4,
                "gpu": {"tensor_split": [3, 1]}, "extra_args": {"--prio": [1, 2]},
            },
            "new": {"path": "/m/new.gguf", "serve": "dedicated"},
        },
    }
)  # fmt: skip
BEFORE = {"models": {"embed": {"path": "/m/embed.gguf", "serve": "dedicated", "port": 8101}}}
WORLD = {
    "applied": BEFORE,
    "lines": {"model/embed": {"pid": 11, "port": 8101}},
    "running": {"model/embed": {"pid": 11}},
    "listening": {8101: 11},
}


@pytest.fixture(name="world")
def a_running_model() -> tuple[Record, Observation]:
    return read_world(FLEET, WORLD)


@pytest.fixture(name="saved")
def a_saved_plan(world: tuple[Record, Observation]) -> SavedPlan:
    return SavedPlan(plan=make_plan(FLEET, *world, PlanOptions()), fleet=FLEET, origin="/srv/fleet")


def test_a_saved_plan_is_read_back_whole(saved: SavedPlan) -> None:
    assert read_saved(saved_text(saved)) == saved


def test_a_diagnostic_keeps_its_place_and_its_edit() -> None:
    place = Position(file="fleet.yaml", line=3, column=5, length=4)
    found = Diagnostic(
        code="W0501", severity=Severity.WARNING, summary="s", path="a.b", position=place, snippet="  a: b", hint="h"
    )
    fleet = fleet_of({})
    mended = replace(found, fix=Fix(replacement="c"))
    plan = make_plan(fleet, Record(lineage="l"), observation(fleet), PlanOptions())
    plan = replace(plan, diagnostics=(found, mended))
    assert plan_from_json(json.loads(json.dumps(plan_json(plan)))) == plan


@pytest.mark.invariant("I28")
def test_no_secret_stands_in_a_plan_file(saved: SavedPlan) -> None:
    text = saved_text(saved)
    assert "hmac" not in text
    assert '"env": "KEY"' in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "recursion"),
        ("[]", "no key `spec`"),
        ('{"spec": {}}', "format_version is None"),
        ('{"format_version": "2.0", "spec": {}}', "format_version is 2.0"),
        ('{"format_version": "1.0", "spec": {}}', "KeyError"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, why: str) -> None:
    with pytest.raises(ReconcilerError) as caught:
        read_saved(text)
    assert why in caught.value.detail


def test_a_plan_is_fresh_in_the_world_it_was_made_in(saved: SavedPlan, world: tuple[Record, Observation]) -> None:
    ensure_fresh(saved, *world, saved.plan)


def moved(saved: SavedPlan, record: Record, seen: Observation) -> str:
    with pytest.raises(StalePlanError) as caught:
        ensure_fresh(saved, record, seen, saved.plan)
    return "; ".join(caught.value.moved)


@pytest.mark.invariant("I16")
def test_a_stale_plan_says_what_moved(saved: SavedPlan, world: tuple[Record, Observation]) -> None:
    record, seen = world
    assert "lineage other" in moved(saved, replace(record, lineage="other"), seen)
    assert "serial 8, planned with 7" in moved(saved, replace(record, serial=8), seen)
    assert "booted" in moved(saved, record, replace(seen, boot_id="boot-2"))
    assert moved(saved, record, replace(seen, instances={})) == "model/embed: nothing runs, planned with process 11"
    other = {slot_of("model/embed"): (process("model/embed", 12),)}
    assert "process 12, planned with process 11" in moved(saved, record, replace(seen, instances=other))
    taken = {**seen.listening, 8100: 99}
    assert moved(saved, record, replace(seen, listening=taken)) == "model/new: port 8100 was taken since"


@pytest.mark.invariant("I16")
def test_a_plan_is_stale_when_a_secret_was_changed_since() -> None:
    world = read_world(FLEET, WORLD | {"applied": {**BEFORE, "server": {"api_key": {"env": "KEY"}}}})
    saved = SavedPlan(plan=make_plan(FLEET, *world, PlanOptions()), fleet=FLEET)
    rotated = world[0], replace(world[1], secrets={"env:KEY": "hmac-of-another"})

    with pytest.raises(StalePlanError) as caught:
        ensure_fresh(saved, *rotated, make_plan(FLEET, *rotated, PlanOptions()))

    assert caught.value.moved == ("model/embed: a secret that it was started with was changed since",)


@pytest.mark.invariant("I11", "I16")
def test_a_plan_is_stale_when_it_would_restart_for_what_is_so_no_more() -> None:
    world = read_world(FLEET, WORLD | {"applied": {**BEFORE, "server": {"api_key": {"env": "KEY"}}}})
    rotated = world[0], replace(world[1], secrets={"env:KEY": "hmac-of-another"})
    fleet = fleet_of({**BEFORE, "server": {"api_key": {"env": "KEY"}}})
    saved = SavedPlan(plan=make_plan(fleet, *rotated, PlanOptions()), fleet=fleet)

    with pytest.raises(StalePlanError) as caught:
        ensure_fresh(saved, *world, make_plan(fleet, *world, PlanOptions()))

    assert any("a plan of now would leave it as it is" in one for one in caught.value.moved)


@pytest.mark.invariant("I16")
def test_a_plan_is_stale_when_it_would_take_over_what_is_not_declared_any_more(
    saved: SavedPlan, world: tuple[Record, Observation]
) -> None:
    takes_over = [
        replace(one, action=Action.ADOPT) if one.resource == "model/embed" else one for one in saved.plan.changes
    ]
    plan = replace(saved.plan, changes=tuple(takes_over))

    with pytest.raises(StalePlanError) as caught:
        ensure_fresh(replace(saved, plan=plan), *world, saved.plan)

    assert caught.value.moved == ("model/embed: what runs is not what is declared any more",)


def test_an_edited_plan_file_is_refused(saved: SavedPlan, world: tuple[Record, Observation]) -> None:
    other = fleet_of(BEFORE)
    assert "edited" in moved(replace(saved, fleet=other), *world)


def test_a_plan_for_no_store_is_fresh_in_a_new_one() -> None:
    seen = observation(FLEET)
    saved = SavedPlan(plan=make_plan(FLEET, Record(lineage=""), seen, PlanOptions()), fleet=FLEET)
    ensure_fresh(saved, Record(lineage="created-since", serial=1), seen, saved.plan)


@pytest.mark.invariant("I16")
def test_a_plan_is_stale_when_what_it_starts_from_is_gone_or_another(
    saved: SavedPlan, world: tuple[Record, Observation]
) -> None:
    record, seen = world

    def stale(**facts: Any) -> str:
        today = replace(seen, **facts)
        with pytest.raises(StalePlanError) as caught:
            ensure_fresh(saved, record, today, make_plan(FLEET, record, today, PlanOptions()))
        return "; ".join(caught.value.moved)

    path = "/m/embed.gguf"
    lost = replace(seen.files["/m/new.gguf"], problem="it does not exist")
    assert stale(files={**seen.files, "/m/new.gguf": lost}) == (
        "model/new: /m/new.gguf cannot be loaded: it does not exist"
    )
    assert (
        stale(files={**seen.files, path: replace(seen.files[path], size=1)})
        == f"model/embed: files.{path} changed since"
    )
    build = replace(seen.binary, version="version: 2")
    assert "another build: version: 2, planned with version: 1 (b10434)" in stale(binary=build)
    assert "the secret env:KEY is missing" in stale(secrets={})
    assert "environment.LD_LIBRARY_PATH changed" in stale(environment={**seen.environment, "LD_LIBRARY_PATH": "/x"})
