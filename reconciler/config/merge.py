"""
Several files become one tree, and what all models share comes into each of them.

Precedence: `server` < `defaults` < the model. Mappings are merged key by key, anything else is replaced whole, also a
setting whose value is JSON, and `null` takes an inherited value away.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from reconciler.config import paths
from reconciler.config.keys import BESIDE_THE_SPEC, MODEL_KEYS_OF_SERVER, NOT_IN_DEFAULTS
from reconciler.config.node import Entry, Node
from reconciler.config.places import Places
from reconciler.config.text import Place, Text, printable, problem_at
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.spec.registry import all_settings
from reconciler.spec.setting import Form

FREE = "x-"
"""What keys begin with that are there for anchors and notes."""

Tree = dict[str, Any]


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

    fleet: Tree
    defaults: Any = None
    server: Tree | None = None
    required_version: Any = None


def unite(roots: Sequence[tuple[Text, Node]]) -> tuple[Places, tuple[Diagnostic, ...]]:
    """The sections of all files side by side; one that stands in two of them is a problem with both places."""
    sections: dict[str, Entry] = {}
    models: list[Entry] = []
    problems: list[Diagnostic] = []
    for _, root in roots:
        if root.entries is None:
            problems.append(_not_a_mapping(root))
        for name, entry in (root.entries or {}).items():
            if name.startswith(FREE):
                continue
            if name == "models":
                models.append(entry)
            elif name in sections:
                problems.append(_twice(name, name, entry.place, sections[name].place))
            else:
                sections[name] = entry
    if models:
        sections["models"] = _united(models, problems)
    return Places(sections, tuple(Place(text) for text, _ in roots)), tuple(problems)


def complete(places: Places) -> Merged:
    """The tree that validation sees: paths absolute, every model with what it inherits."""
    sections = places.sections
    kept = {name: entry.node.value for name, entry in sections.items() if name not in (*BESIDE_THE_SPEC, "models")}
    server = _resolved(sections.get("server"), paths.resolve_server)
    inherited_server = _model_part(server)
    defaults = _resolved(sections.get("defaults"), paths.resolve_model)
    if "server" in kept:
        kept["server"] = _process_part(server)
    if isinstance(program := kept.get("llama_server"), str):
        kept["llama_server"] = paths.resolve_program(program, _directory(sections["llama_server"]))
    if models := sections.get("models"):
        kept["models"] = _models(models, overlay(inherited_server, _shared(defaults)))
    version = sections.get("required_version")
    return Merged(
        fleet=overlay({}, kept),
        defaults=defaults,
        server=inherited_server,
        required_version=version.node.value if version else None,
    )


def overlay(under: Tree, over: Tree) -> Tree:
    """`over` on top of `under`; neither is changed."""
    result = dict(under)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and key not in _whole():
            below = result.get(key)
            result[key] = overlay(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result


@cache
def _whole() -> frozenset[str]:
    """Settings whose value is JSON: one value, in which `null` is said and takes nothing away."""
    return frozenset(
        path.rpartition(".")[2] for path, one in all_settings().items() if one.spellings[0].form is Form.JSON
    )


def _models(models: Entry, base: Tree) -> Any:
    if models.node.entries is None:
        return models.node.value
    return {name: _model(entry, base) for name, entry in models.node.entries.items()}


def _model(entry: Entry, base: Tree) -> Any:
    own = {} if entry.node.value is None else _resolved(entry, paths.resolve_model)
    return overlay(base, own) if isinstance(own, dict) else own


def _resolved(entry: Entry | None, resolve: Any) -> Any:
    value = entry.node.value if entry else None
    return resolve(value, _directory(entry)) if entry and isinstance(value, dict) else value


def _directory(entry: Entry) -> str:
    return entry.place.text.directory


def _model_part(server: Any) -> Tree:
    return {key: value for key, value in _items(server) if key in MODEL_KEYS_OF_SERVER}


def _process_part(server: Any) -> Any:
    if not isinstance(server, dict):
        return server
    return {key: value for key, value in _items(server) if key not in MODEL_KEYS_OF_SERVER}


def _shared(defaults: Any) -> Tree:
    return {key: value for key, value in _items(defaults) if key not in NOT_IN_DEFAULTS}


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _united(parts: Sequence[Entry], problems: list[Diagnostic]) -> Entry:
    """The models of all files under one key; a file whose `models` is empty adds nothing."""
    said = [one for one in parts if one.node.value is not None] or parts
    refused = (one for one in said if one.node.entries is None)
    if odd := next(refused, said[0] if len(said) == 1 else None):
        return odd
    union = Node({}, said[0].node.place)
    union.entries = {}
    for part in said:
        for name, entry in (part.node.entries or {}).items():
            first = union.entries.setdefault(name, entry)
            if first is not entry:
                problems.append(_twice(f"models.{name}", name, entry.place, first.place))
    union.value = {name: entry.node.value for name, entry in union.entries.items()}
    return Entry(said[0].place, union)


def _twice(path: str, name: str, place: Place, other: Place) -> Diagnostic:
    summary = f"`{printable(name)}` is defined in two files"
    detail, hint = f"the other one is at {other}", "remove one of the two"
    return problem_at(place, "E0301", summary, detail=detail, hint=hint, path=path)


def _not_a_mapping(root: Node) -> Diagnostic:
    kind = "a list" if root.items is not None else "a single value"
    detail = f"expected keys such as `version:` and `models:`, got {kind}"
    return problem_at(root.place, "E0116", "the file is not a mapping", detail=detail, hint="write `key: value` lines")
