"""
Several files become one tree, and what all models share comes into each of them.

Precedence: `server` < `defaults` < the model. Mappings are merged key by key, anything else is replaced whole, also a
setting whose value is JSON, and `null` takes an inherited value away.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from reconciler.config import paths
from reconciler.config.keys import BESIDE_THE_SPEC, MODEL_KEYS_OF_SERVER, NOT_IN_DEFAULTS
from reconciler.config.node import MAX_DEPTH, Entry, Node, Sections, mapping
from reconciler.config.problem import dotted
from reconciler.config.text import Place, Text, printable, problem_at
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.spec.registry import all_settings
from reconciler.spec.setting import Form

FREE = "x-"
"""What keys begin with that are there for anchors and notes."""

Values = dict[str, Any]


@frozen
class Merged:
    """
    Plain values, of JSON's kinds alone.

    Attributes:
        fleet: what a `FleetSpec` is made from, the models complete.
        defaults: the section, to be checked as such.
        server: those keys of `server` that are defaults of models.
        required_version: as it was written.
    """

    fleet: Values
    defaults: Any = None
    server: Values | None = None
    required_version: Any = None


DEPTHS = {"models": 1, "variables": 1, "profiles": MAX_DEPTH}
"""Sections that several files may add to, and how many levels of them are put together key by key."""


def unite(roots: Sequence[tuple[Text, Node]]) -> tuple[dict[str, Entry], tuple[Diagnostic, ...]]:
    """The sections of all files side by side; what two of them say is a problem with both places."""
    said: dict[str, list[Entry]] = {}
    problems: list[Diagnostic] = []
    for _, root in roots:
        if root.entries is None:
            problems.append(_not_a_mapping(root))
        for name, entry in (root.entries or {}).items():
            if not name.startswith(FREE) and name != "include":
                said.setdefault(name, []).append(entry)
    sections = {name: _united(entries, (name,), DEPTHS.get(name, 0), problems) for name, entries in said.items()}
    return sections, tuple(problems)


def complete(sections: Sections) -> Merged:
    """The tree that validation sees: paths absolute, every model with what it inherits."""
    kept = {name: entry.node.value for name, entry in sections.items() if name not in (*BESIDE_THE_SPEC, "models")}
    server = _resolved(sections.get("server"), paths.resolve_server)
    inherited_server = model_part(server)
    defaults = _resolved(sections.get("defaults"), paths.resolve_model)
    if "server" in kept:
        kept["server"] = process_part(server)
    if isinstance(program := kept.get("llama_server"), str):
        kept["llama_server"] = paths.resolve_program(program, sections["llama_server"].node.place.text.directory)
    if models := sections.get("models"):
        kept["models"] = _models(models, overlay(inherited_server, _shared(defaults)))
    version = sections.get("required_version")
    return Merged(
        fleet=overlay({}, kept),
        defaults=defaults,
        server=inherited_server,
        required_version=version.node.value if version else None,
    )


def overlay(under: Values, over: Values) -> Values:
    """`over` on top of `under`; neither is changed."""
    result = dict(under)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and key not in whole():
            below = result.get(key)
            result[key] = overlay(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result


@cache
def whole() -> frozenset[str]:
    """Settings whose value is JSON: one value, in which `null` is said and takes nothing away."""
    return frozenset(
        path.rpartition(".")[2] for path, one in all_settings().items() if one.spellings[0].form is Form.JSON
    )


def _models(models: Entry, base: Values) -> Any:
    if models.node.entries is None:
        return models.node.value
    return {name: _model(entry, base) for name, entry in models.node.entries.items()}


def _model(entry: Entry, base: Values) -> Any:
    own = {} if entry.node.value is None else _resolved(entry, paths.resolve_model)
    return overlay(base, own) if isinstance(own, dict) else own


def _resolved(entry: Entry | None, resolve: Callable[[Node], Values]) -> Any:
    return resolve(entry.node) if entry and entry.node.entries is not None else entry and entry.node.value


def model_part(server: Any) -> Values:
    """What section `server` says of models."""
    return {key: value for key, value in _items(server) if key in MODEL_KEYS_OF_SERVER}


def process_part(server: Any) -> Any:
    """What section `server` says of processes."""
    if not isinstance(server, dict):
        return server
    return {key: value for key, value in _items(server) if key not in MODEL_KEYS_OF_SERVER}


def _shared(defaults: Any) -> Values:
    return {key: value for key, value in _items(defaults) if key not in NOT_IN_DEFAULTS}


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _united(entries: list[Entry], path: tuple[str, ...], depth: int, problems: list[Diagnostic]) -> Entry:
    """What several files say under one key; one where a whole section or profile is empty adds nothing."""
    may_be_empty = depth and len(path) <= len(("profiles", "NAME"))
    saying = [entry for entry in entries if entry.node.value is not None or not may_be_empty] or entries[:1]
    first = saying[0]
    if len(saying) == 1:
        return first
    odd = next((entry for entry in saying if entry.node.entries is None), None)
    if odd and len(path) == 1 and depth:
        # That it is none of what it should be is told when it is looked at.
        return odd
    if odd or not depth:
        problems += (_twice(path, entry.place, first.place) for entry in saying[1:])
        return first
    found: dict[str, list[Entry]] = {}
    for entry in saying:
        for name, inner in (entry.node.entries or {}).items():
            found.setdefault(name, []).append(inner)
    union = {name: _united(inner, (*path, name), depth - 1, problems) for name, inner in found.items()}
    return Entry(first.place, mapping(first.node.place, union))


def _twice(path: tuple[str, ...], place: Place, other: Place) -> Diagnostic:
    summary = f"`{printable(path[-1])}` is defined in two files"
    detail, hint = f"the other one is at {other}", "remove one of the two"
    return problem_at(place, "E0301", summary, detail=detail, hint=hint, path=dotted(path))


def _not_a_mapping(root: Node) -> Diagnostic:
    kind = "a list" if root.items is not None else "a single value"
    detail = f"expected keys such as `version:` and `models:`, got {kind}"
    return problem_at(root.place, "E0116", "the file is not a mapping", detail=detail, hint="write `key: value` lines")
