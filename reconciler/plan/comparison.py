"""Two fleet specs, field by field, in the words of a plan: what going from one to the other means."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.domain.change import Effect, FieldChange
from reconciler.domain.history import Difference
from reconciler.domain.names import ROUTER, model_id
from reconciler.plan.differ import UNSEEN, leaves
from reconciler.spec.registry import effect_of

Document = Mapping[str, Any]

OWN = frozenset({"models", "router", "server", "logging", "fleet", "version"})
"""Keys of a fleet that are resources of their own, or its name."""

FLEET = "fleet"


def differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """What differs, the fleet as a whole first; nothing when both say the same."""
    return (*_fleet(before, after), *_router(before, after), *_models(before, after))


def _fleet(before: Document, after: Document) -> Iterator[Difference]:
    rest = [{key: value for key, value in one.items() if key not in OWN} for one in (before, after)]
    if fields := tuple(_fields(*rest, serve="dedicated", costs={"llama_server"})):
        yield Difference(resource=FLEET, change="changed", fields=fields)
    for key, costs in (("server", None), ("logging", frozenset[str]())):
        sides = ({key: one.get(key, {})} for one in (before, after))
        if fields := tuple(_fields(*sides, serve="dedicated", costs=costs)):
            yield Difference(resource=key, change="changed", fields=fields)


def _router(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before.get("router"), after.get("router")
    if (old is None) is not (new is None):
        yield Difference(resource=ROUTER, change="added" if old is None else "removed")
    elif fields := tuple(_fields({"router": old or {}}, {"router": new or {}}, serve="process")):
        yield Difference(resource=ROUTER, change="changed", fields=fields)


def _models(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before.get("models", {}), after.get("models", {})
    moved = {
        name: model["moved_from"]
        for name, model in new.items()
        if name not in old and model.get("moved_from") in old.keys() - new.keys()
    }
    for name in sorted({*old, *new} - {*moved.values()}):
        origin = moved.get(name, name)
        if origin not in old or name not in new:
            yield Difference(resource=model_id(name), change="added" if name in new else "removed")
            continue
        serve = new[name].get("serve", "router")
        fields = list(_fields(old[origin], new[name], serve=serve))
        if origin != name:
            fields.insert(0, FieldChange(path="name", before=origin, after=name, effect=effect_of("name", serve=serve)))
        if fields:
            yield Difference(resource=model_id(name), change="changed", fields=tuple(fields))


def _fields(
    before: Document, after: Document, *, serve: str, costs: frozenset[str] | set[str] | None = None
) -> Iterator[FieldChange]:
    old, new = (dict(one for key, value in side.items() for one in leaves(key, value)) for side in (before, after))
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path) and path not in UNSEEN:
            costly = costs is None or path in costs
            effect = effect_of(path, serve=serve) if costly else Effect.NONE
            yield FieldChange(path=path, before=old.get(path), after=new.get(path), effect=effect)
