"""The history for programs: generations, their differences, and the audit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from reconciler.domain.history import Difference, Event, Generation, Step
from reconciler.domain.hold import Hold
from reconciler.domain.revision import Revision
from reconciler.render import FORMAT_VERSION
from reconciler.render.status_json import instant

Json = dict[str, Any]


def history_json(fleet: str, current: int, hold: Hold | None, generations: Iterable[Generation]) -> Json:
    """Generations without their specs and plans, newest first."""
    return {
        "format_version": FORMAT_VERSION,
        "fleet": fleet,
        "current": current,
        "hold": _hold(hold) if hold else None,
        "generations": [_generation(one) for one in generations],
    }


def generation_json(one: Generation) -> Json:
    """One generation, whole."""
    whole = {"plan": dict(one.plan), "spec": dict(one.spec)}
    return {"format_version": FORMAT_VERSION, "generation": _generation(one), **whole}


def differences_json(before: int, after: int, found: Sequence[Difference]) -> Json:
    """What a change from one generation to the other means."""
    return {
        "format_version": FORMAT_VERSION,
        "before": before,
        "after": after,
        "differences": [asdict(one) for one in found],
    }


def events_json(events: Iterable[Event]) -> Json:
    """Lines of the audit, newest first."""
    return {"format_version": FORMAT_VERSION, "events": [_event(one) for one in events]}


def _generation(one: Generation) -> Json:
    return {
        "number": one.number,
        "run": one.run,
        "operation": one.operation,
        "rollback_to": one.rollback_to,
        "result": one.result,
        "who": one.who,
        "started_at": instant(one.started_at),
        "finished_at": instant(one.created_at),
        "seconds": round(one.seconds, 3),
        "origin": one.origin,
        "revision": _revision(one.revision) if one.revision else None,
        "program": one.program,
        "llama_server": one.build,
        "summary": _summary(one.plan),
        "steps": [_step(step) for step in one.steps],
    }


def _summary(plan: Mapping[str, Any]) -> Any:
    """How many resources got each action."""
    return plan.get("summary", {})


def _step(one: Step) -> Json:
    return asdict(one) | {"seconds": None if one.seconds is None else round(one.seconds, 3)}


def _revision(one: Revision) -> Json:
    return asdict(one) | {"committed_at": instant(one.committed_at)}


def _hold(one: Hold) -> Json:
    return {"generation": one.generation, "who": one.who, "since": instant(one.since)}


def _event(one: Event) -> Json:
    own = {"number": one.number, "at": instant(one.at), **asdict(one.actor)}
    return own | {key: getattr(one, key) for key in ("run", "what", "resource", "result", "detail")}
