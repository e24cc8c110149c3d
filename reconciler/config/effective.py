"""The configuration as if one file had said all of it, each value with its place."""

from collections.abc import Collection, Iterator
from typing import Any

from reconciler.config.keys import is_secret, may_be_secret
from reconciler.config.merge import complete
from reconciler.config.node import Path, entries_of
from reconciler.config.places import Places
from reconciler.domain.diagnostic import Position
from reconciler.domain.said import Said, Tree

FIRST = ("version", "fleet", "required_version")


def effective(places: Places, given: Collection[str] = ()) -> Tree:
    """
    Every model with what it inherits; of what it says itself the order is kept, and stands first.

    Args:
        given: names of the variables that came by `--var`.
    """
    merged = complete(places.sections)
    tree = dict(merged.fleet)
    if merged.required_version is not None:
        tree["required_version"] = merged.required_version
    if models := tree.get("models"):
        own = entries_of(places.sections, "models")
        tree["models"] = {name: _own_first(model, own[name].node.entries or {}) for name, model in models.items()}
    return dict(_said(_own_first(tree, dict.fromkeys(FIRST)), (), places, given))


def _own_first(values: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in own if key in values} | values


def _said(
    values: dict[str, Any], path: Path, places: Places, given: Collection[str]
) -> Iterator[tuple[str, Tree | Said]]:
    for key, value in values.items():
        here = (*path, key)
        if isinstance(value, dict) and is_secret(here):
            (source,) = value.items()
            yield key, Said(value=f"(secret {':'.join(source)})", position=places.locate(here))
        elif isinstance(value, dict) and value:
            yield key, dict(_said(value, here, places, given))
        elif value is not None and may_be_secret(here):
            yield key, Said(value="(hidden)", position=places.locate(here))
        else:
            yield key, Said(value=value, position=places.locate(here), variables=tuple(_variables(here, places, given)))


def _variables(path: Path, places: Places, given: Collection[str]) -> Iterator[tuple[str, Position | str]]:
    """Those that stand on the line, and those that they use themselves."""
    from reconciler.config.variables import names_within  # noqa: PLC0415 - brings in the YAML library

    found = places.said_at(path)
    todo = list(names_within(found[1].node.place.written)) if found else []
    declared, seen = entries_of(places.sections, "variables"), set[str]()
    while todo:
        if (name := todo.pop(0)) in seen:
            continue
        seen.add(name)
        if name in given:
            yield name, "--var"
        elif entry := declared.get(name):
            yield name, entry.node.place.position
            todo += names_within(entry.node.place.written)
        elif name.startswith("env:"):
            yield name, "environment"
