"""What a rollback goes back to: which generation, and what of today outlives it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.names import SlotUid, model_id
from reconciler.domain.outcome import Result
from reconciler.errors import ConfigError, ReconcilerError
from reconciler.spec.record import ResourceRecord
from reconciler.store import Store, Writer
from reconciler.supervise.rollback import Return, refuse_misfits, way_back
from tests.support.stores import EMBED, NOW, begin_run, intent, open_writer, outcome, report
from tests.unit.plan.worlds import catalogue

ONE = {"path": "/m.gguf", "serve": "dedicated"}


def applied(writer: Writer, *lines: ResourceRecord, result: Result = Result.DONE, **models: dict[str, Any]) -> None:
    """A generation of these models, after which the record has these lines."""
    document = {"version": 1, "fleet": "homelab", "models": models}
    run = begin_run(writer, fleet_document=document)
    numbers = writer.begin_steps(run, [intent(line) for line in lines or (EMBED,)], NOW)
    for line in lines or (EMBED,):
        writer.finish_step(numbers[line.resource], outcome(line.resource), line, now=NOW)
    writer.finish_run(run, report(run, outcome(EMBED.resource, result)), NOW)


def line(name: str, *, protected: bool = False) -> ResourceRecord:
    return ResourceRecord(resource=model_id(name), uid=SlotUid(f"uid-{name}"), protected=protected)


def back_to(directory: Path, number: int | None = None) -> Return:
    with Store.open(directory) as store:
        return way_back(store, number)


def test_it_is_the_last_generation_that_says_something_else(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE)
        applied(writer, a={**ONE, "port": 8100})
        applied(writer, b=ONE, a=ONE)
        # The order of the models is no difference.
        applied(writer, a=ONE, b=ONE)

    back = back_to(tmp_path)
    assert (back.generation.number, back.fleet.models["a"].port) == (2, 8100)
    assert back.notices[0].startswith("rollback to generation 2 of 2023-11-14 22:13 UTC")
    assert back_to(tmp_path, 1).generation.number == 1


def test_what_failed_is_not_gone_back_to_unasked(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE)
        applied(writer, result=Result.RESTORED, bad=ONE)
        applied(writer, b=ONE)

    assert back_to(tmp_path).generation.number == 1
    assert back_to(tmp_path, 2).generation.result == "restored"


def test_where_nothing_else_was_applied_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="nothing was applied to this store yet"):
        back_to(tmp_path, 1)
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE)
        applied(writer, a=ONE)

    with pytest.raises(ReconcilerError, match="no generation before 2 was applied whole and says something else"):
        back_to(tmp_path)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "generation 1 is kept no more"), (9, "generation 9 never was"), (10**30, "generation 1000")],
)
def test_a_generation_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, number: int, said: str) -> None:
    with open_writer(tmp_path) as writer:
        for _ in range(5):
            applied(writer, a=ONE)
        with writer._database.writing():
            writer._database.execute("DELETE FROM generations WHERE number IN (1, 3)")

    with pytest.raises(ReconcilerError, match=said) as caught:
        back_to(tmp_path, number)
    assert (caught.value.detail, caught.value.hint) == (
        "kept: 2, 4 to 5; how many says `history.generations`",
        "`reconcile history` lists them",
    )


def test_a_setting_that_is_gone_blocks_the_rollback_to_it_alone(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a={**ONE, "memory": {"gone": 1}})
        applied(writer, a=ONE)
        applied(writer, b=ONE)

    with pytest.raises(ConfigError, match="generation 1 cannot be applied by this version") as caught:
        back_to(tmp_path, 1)
    assert "`models.a.memory.gone`" in caught.value.detail
    assert "reconcile history show 1" in caught.value.hint
    assert back_to(tmp_path).generation.number == 2


@pytest.mark.invariant("I27")
def test_protection_outlives_a_rollback(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE, b=ONE)
        applied(writer, line("a", protected=True), line("b"), a={**ONE, "protect": True}, b=ONE)
    back = back_to(tmp_path)

    assert {name: one.protect for name, one in back.fleet.models.items()} == {"a": True, "b": False}
    assert back.notices[2:] == ("`a` stays protected, which generation 1 did not say",)


def test_a_rename_is_gone_back_as_a_rename(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE, x=ONE)
        applied(writer, b={**ONE, "moved_from": "a"}, x=ONE)
        applied(writer, line("c", protected=True), line("x"), c={**ONE, "moved_from": "b"}, x=ONE)
    back = back_to(tmp_path, 1)

    assert {name: one.moved_from for name, one in back.fleet.models.items()} == {"a": "c", "x": None}
    assert back.fleet.models["a"].protect


def test_a_fleet_that_was_renamed_keeps_its_new_name(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a=ONE)
        applied(writer, b=ONE)
        with writer._database.writing():
            writer._database.execute("UPDATE metadata SET value = 'other' WHERE key = 'fleet'")

    assert back_to(tmp_path).fleet.fleet == "other"


def test_the_rules_and_the_build_of_today_count(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        applied(writer, a={"path": "/m.gguf"}, b={**ONE, "extra_args": {"--no-such-flag": True}})
        applied(writer, b=ONE)
    back = back_to(tmp_path)

    with pytest.raises(ConfigError, match="generation 1 does not fit any more: 2 problems") as caught:
        refuse_misfits(back, catalogue())
    assert [getattr(one, "code", "") for one in caught.value.diagnostics] == ["E0305", "E0403"]
    refuse_misfits(replace(back, fleet=back.fleet.replaced(models={})), catalogue())
