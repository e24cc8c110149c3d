"""Two fleet specs, field by field, in the words of a plan: what going from one to the other means."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
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
    old, new = ({key: value for key, value in one.items() if key not in OWN} for one in (before, after))
    yield from _changed(FLEET, old, new, lambda path: Effect.RESTART if path == "llama_server" else Effect.NONE)
    for key, cost in (("server", partial(effect_of, serve="dedicated")), ("logging", lambda _: Effect.NONE)):
        yield from _changed(key, {key: before.get(key, {})}, {key: after.get(key, {})}, cost)


def _router(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before.get("router"), after.get("router")
    if (old is None) is not (new is None):
        yield Difference(resource=ROUTER, change="added" if old is None else "removed")
    else:
        cost = partial(effect_of, serve="process")
        yield from _changed(ROUTER, {"router": old or {}}, {"router": new or {}}, cost)


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
        cost = partial(effect_of, serve=new[name].get("serve", "router"))
        # The name is no key of its own model.
        yield from _changed(model_id(name), {"name": origin, **old[origin]}, {"name": name, **new[name]}, cost)


def _changed(resource: str, before: Document, after: Document, cost: Callable[[str], Effect]) -> Iterator[Difference]:
    old, new = (dict(one for key, value in side.items() for one in leaves(key, value)) for side in (before, after))
    fields = tuple(
        FieldChange(path=path, before=old.get(path), after=new.get(path), effect=cost(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and path not in UNSEEN
    )
    if fields:
        yield Difference(resource=resource, change="changed", fields=fields)
