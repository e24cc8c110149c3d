"""What speaks against running a plan, with numbers. A stop is "served before, not after"; restarts do not count."""

from collections.abc import Iterator, Sequence

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.names import model_name
from reconciler.domain.plan import Objection
from reconciler.plan.departures import PROTECTED, is_served, never_ran
from reconciler.plan.situation import Situation

FROM_MODELS = 3
"""With fewer models a share says nothing: one of two is half."""

ENDING = frozenset({Action.STOP, Action.FORGET})
GUESSING = frozenset({Action.START, Action.RESTART, *ENDING})


def objections(situation: Situation, changes: Sequence[Change]) -> Iterator[Objection]:
    """All of them; those that do not block speak of single resources that are skipped."""
    yield from _max_stop(situation, changes)
    yield from _empty(situation, changes)
    yield from _incomplete(situation, changes)
    yield from _other_origin(situation)
    yield from _protected(changes)


def _max_stop(situation: Situation, changes: Sequence[Change]) -> Iterator[Objection]:
    lines = situation.lines
    served = (name for name, line in lines.items() if is_served(situation, line) and not never_ran(situation, line))
    before = {name for name in served if model_name(name) is not None}
    stopped = sorted(
        model_name(one.resource) or "" for one in changes if one.action in ENDING and one.resource in before
    )
    limit, until = _limit(situation)
    if len(before) >= FROM_MODELS and len(stopped) * 100 > limit * len(before):
        names = ", ".join(stopped[:FROM_MODELS]) + (", …" if len(stopped) > FROM_MODELS else "")
        share = round(100 * len(stopped) / len(before))
        yield Objection(
            code="MaxStop",
            summary=f"{len(stopped)} of {len(before)} served models would stop "
            f"({share}%, allowed {limit}%{until}): {names}",
            insist="--max-stop 100%",
        )


def _limit(situation: Situation) -> tuple[int, str]:
    """
    The share that may stop, in percent, and how long that holds.

    What was applied last counts, too: a block that left the files, or the wrong branch, must not loosen it unseen.
    """
    declared, recorded = situation.fleet.safety.max_stop, situation.record.max_stop
    if situation.options.max_stop is not None:
        return situation.options.max_stop, ""
    if recorded is None or recorded >= declared:
        return declared, ""
    return recorded, f" until `safety.max_stop` of {declared}% was applied"


def _empty(situation: Situation, changes: Sequence[Change]) -> Iterator[Objection]:
    allowed = situation.options.allow_empty or situation.fleet.safety.allow_empty
    ends = sum(one.action in ENDING for one in changes)
    if ends and not situation.fleet.models and not situation.held and not allowed:
        yield Objection(
            code="EmptyFleet",
            summary=f"the fleet declares no model, and {ends} recorded resources would end",
            insist="--allow-empty",
        )


def _incomplete(situation: Situation, changes: Sequence[Change]) -> Iterator[Objection]:
    guesses = sum(one.action in GUESSING for one in changes)
    if guesses and not situation.seen.complete:
        why = "; ".join(situation.seen.problems) or "not everything could be looked at"
        yield Objection(
            code="IncompleteObservation",
            summary=f"{guesses} resources would be started or stopped without a whole picture: {why}",
        )


def _other_origin(situation: Situation) -> Iterator[Objection]:
    recorded, now = situation.record.origin, situation.options.origin
    if recorded and now and recorded != now and not situation.options.accept_origin:
        yield Objection(
            code="OtherOrigin",
            summary=f"this store was applied from {recorded}; this configuration comes from {now}",
            insist="--accept-origin",
        )


def _protected(changes: Sequence[Change]) -> Iterator[Objection]:
    for one in changes:
        if one.reason is Reason.PROTECTED:
            why = "is protected and stays as it is" if one.note == PROTECTED else f"stays as it is: {one.note}"
            yield Objection(code="Protected", summary=f"{one.resource} {why}", blocking=False)
