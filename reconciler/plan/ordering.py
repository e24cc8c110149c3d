"""
The order in which changes run. Those of one wave run side by side, a wave waits for the one before.

0  what touches no process, and stops that make room: disabled resources, and departures whose port or memory is needed
1  the router and restarts of dedicated models: each frees what it takes
2  new processes, and the models of the router, which need it; those that a new router is started without
3  departures of models
4  departure of the router, which its models need

A process whose new port is still held by another change of this plan comes in a wave after that one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.domain.change import Action, Change
from reconciler.domain.names import ROUTER, ResourceId
from reconciler.plan.situation import Situation

STARTING = frozenset({Action.START, Action.RESTART})


def in_waves(changes: Sequence[Change], situation: Situation, *, memory_first: bool) -> tuple[Change, ...]:
    """The changes with their waves, sorted as they run: what frees memory before what needs it, then by name."""
    waves = {change.resource: _wave(change, situation, changes, memory_first=memory_first) for change in changes}
    holders = {
        line.port: line.resource for line in situation.lines.values() if line.port and situation.runs(line.resource)
    }
    waves |= after_ports(changes, holders, waves)
    placed = (replace(change, wave=waves[change.resource]) for change in changes)
    return tuple(sorted(placed, key=lambda one: (one.wave, not one.action.frees_memory, one.resource)))


def _wave(change: Change, situation: Situation, changes: Sequence[Change], *, memory_first: bool) -> int:
    is_router = change.resource == ROUTER
    match change.action:
        case Action.KEEP:
            return 0
        case Action.ADOPT:
            return 2 if _is_section(change, situation) else 0
        case Action.FORGET | Action.STOP if is_router:
            return 4
        case Action.FORGET:
            return 3
        case Action.STOP:
            at_once = not change.forget_after or memory_first or _port_needed(change, changes)
            return 2 if _ends_with_router(change, situation, changes) else 0 if at_once else 3
    return 1 if is_router or (change.action is Action.RESTART and _stays_dedicated(change, situation)) else 2


def _is_section(change: Change, situation: Situation) -> bool:
    model = situation.model(change.resource)
    return model is not None and model.serve == "router"


def _ends_with_router(change: Change, situation: Situation, changes: Sequence[Change]) -> bool:
    """
    Whether a section goes by starting the router without it: the models of the next wave must not bring it back.

    It goes no earlier from a router that is found running: until that is recorded nobody can ask it.
    """
    line = situation.lines.get(change.resource)
    inside = line is not None and line.applied is not None and line.applied.serve == "router"
    return inside and any(one.resource == ROUTER and one.action in {*STARTING, Action.ADOPT} for one in changes)


def _stays_dedicated(change: Change, situation: Situation) -> bool:
    model = situation.model(change.resource)
    line = situation.lines.get(change.resource)
    before = line.applied.serve if line and line.applied else "dedicated"
    return model is not None and model.serve == "dedicated" == before


def _port_needed(change: Change, changes: Sequence[Change]) -> bool:
    return change.port is not None and any(
        one.action in STARTING and one.port == change.port for one in changes if one.resource != change.resource
    )


def after_ports(
    changes: Sequence[Change], holders: Mapping[int, ResourceId], waves: Mapping[ResourceId, int]
) -> dict[ResourceId, int]:
    """
    Later waves for those who wait for a port; two that swap theirs wait for nobody (pre-flight refuses them).

    Args:
        holders: who listens on a port now.
    """
    waiting = {
        change.resource: holder
        for change in changes
        if change.action in STARTING and change.port and (holder := holders.get(change.port, change.resource))
    }
    waiting = {resource: holder for resource, holder in waiting.items() if resource != holder}
    later = dict(waves)
    for _ in waiting:
        for resource, holder in waiting.items():
            if waiting.get(holder) != resource and holder in later:
                later[resource] = max(later[resource], later[holder] + 1)
    return later
