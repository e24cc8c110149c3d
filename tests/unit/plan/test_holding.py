"""A plan says first what is held, and whether that makes a difference."""

from dataclasses import replace

from reconciler.domain.hold import Hold
from reconciler.plan.options import PlanOptions
from reconciler.plan.planner import make_plan, spec_digest
from reconciler.spec.record import Record
from tests.unit.plan.worlds import LINEAGE, fleet_of, observation

FLEET = fleet_of({})
HOLD = Hold(generation=3, who="ann", since=1_700_000_000.0, spec="held", files=spec_digest(FLEET))
HEAD = (
    "generation 3 is held since 2023-11-14 22:13 UTC by ann; "
    "`reconcile apply` of the files ends that, and so does `reconcile resume`"
)


def said(hold: Hold | None, *, says_hold: bool = False) -> tuple[str, ...]:
    record = Record(lineage=LINEAGE, hold=hold)
    return make_plan(FLEET, record, observation(FLEET), PlanOptions(says_hold=says_hold)).notices


def test_the_files_may_differ_be_the_same_or_have_changed() -> None:
    assert said(HOLD) == (HEAD, "the files differ from what is held")
    assert said(replace(HOLD, spec=HOLD.files)) == (HEAD, "the files say the same as what is held")
    assert said(replace(HOLD, files="others")) == (
        HEAD,
        "the files differ from what is held, and from what they said then",
    )


def test_a_hold_without_files_at_hand_cannot_tell_whether_they_changed() -> None:
    assert not replace(HOLD, files="").is_over("")
    assert not replace(HOLD, files="").is_over("something")
    assert said(replace(HOLD, files="")) == (HEAD, "the files differ from what is held")


def test_nothing_is_said_where_nothing_is_held_or_the_rollback_says_it_itself() -> None:
    assert said(None) == said(HOLD, says_hold=True) == ()
