"""A stored value as a value of a setting: first by the kind of the setting, then as strictly as a file is checked."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from reconciler.domain.frozen import frozen
from reconciler.legacy.values import UNSET, Bad, Given, Unset, boolean, integer, number, shown, switch, text
from reconciler.llama.check_ini import CUTS
from reconciler.spec.base import Spec, fields, spec_within
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.registry import Setting, all_settings
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.setting import Form
from reconciler.spec.validating import validate

Outcome = Given[Any] | Unset | Bad

PRESENCE = frozenset(
    {
        "advanced.check_tensors", "embeddings", "gpu.cpu_moe", "memory.no_host", "memory.swa_full", "offline",
        "reranking", "server.props", "speculative.draft_cpu_moe", "spm_infill",
    }
)  # fmt: skip
"""Switches that builds know as present or absent alone: off is nothing to say."""

OWNERS: Mapping[str, type[Spec]] = {"server": ServerSpec, "router": RouterSpec}
"""Sections that are no part of a model."""

SAMPLER_NAMES = {"typical": "typ_p", "typical_p": "typ_p", "temp": "temperature", "top_nsigma": "top_n_sigma"}
UNSIGNED_MAX = 2**32 - 1


@frozen
class _Kind:
    """What a setting takes: the types of its single values, and its words."""

    leaves: frozenset[type]
    words: tuple[str, ...] = ()


def converted(path: str, value: object) -> Outcome:
    """What a stored value says of a setting; a value that the language refuses is bad."""
    setting = all_settings()[path]
    if path == "sampling.grammar" and isinstance(value, str) and not any(one in value.strip() for one in CUTS):
        # The line end that a form leaves means nothing here, and would be all that a section of the router cannot hold.
        value = value.strip()
    found = _read(setting, value)
    if not isinstance(found, Given):
        return found
    if path in PRESENCE and found.value is False:
        return UNSET
    if any("${" in key for key in _keys(found.value)):
        return Bad(reason=f"{shown(value)} has a key with `${{` in it, which would be taken for a variable")
    reason = refusal(path, found.value)
    return Bad(reason=reason) if reason else found


def refusal(path: str, value: Any) -> str:
    """Why a file could not say this; empty when it could."""
    try:
        _checked(path, value)
    except ValueError as error:
        # pydantic's own error is one of these.
        problems: list[Mapping[str, Any]] = getattr(error, "errors", list)()
        said = str(problems[0]["msg"]) if problems else str(error)
        return f"{shown(value)}: {said.removeprefix('Value error, ')[:200]}"
    return ""


def _checked(path: str, value: Any) -> Spec:
    first, _, rest = path.partition(".")
    said = {first: {rest: value}} if rest else {first: value}
    # The two that the reader of the result needs as well: the validator takes long to make one.
    return validate(FleetSpec, {"version": 1, "fleet": "f", **said}) if first in OWNERS else validate(ModelSpec, said)


def _read(setting: Setting, value: object) -> Outcome:
    form = setting.spellings[0].form
    if form is Form.JSON:
        return _object(value)
    if setting.scaled:
        return _listed(value, ",", _strength, dict)
    kind = _kind(setting.path)
    one = partial(_single, kind)
    if setting.many:
        separator = setting.spellings[0].separator
        if setting.path == "gpu.tensor_split" and isinstance(value, str):
            value = value.replace("/", ",")
        return _listed(value, separator, one, list)
    return one(value)


def _single(kind: _Kind, value: object) -> Outcome:  # noqa: PLR0911 - one for each kind of value
    if kind.leaves == {bool}:
        return boolean(value)
    if kind.leaves == {float}:
        return number(value)
    if kind.leaves == {int}:
        return integer(value, highest=UNSIGNED_MAX)
    if kind.leaves == {int, str}:
        return _layers(kind, value)
    if {"on", "off"} <= set(kind.words):
        return switch(value, kind.words)
    found = text(value)
    if kind.words and isinstance(found, Given):
        word = found.value.strip().lower()
        word = word if word in kind.words else word.replace("-", "_")
        word = SAMPLER_NAMES.get(word, word) if "typ_p" in kind.words else word
        if word not in kind.words:
            return Bad(reason=f"{shown(value)} is none of {', '.join(kind.words)}")
        return Given(value=word)
    if isinstance(found, Given) and "\0" in found.value:
        return Bad(reason=f"{shown(value)} has a character in it that no program can be given")
    return found


def _layers(kind: _Kind, value: object) -> Outcome:
    """A number, or a word; -1 was the number for `auto`."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in kind.words:
        return Given(value=word)
    found = integer(value)
    return Given(value="auto") if isinstance(found, Given) and found.value == -1 else found


def _object(value: object) -> Outcome:
    if isinstance(value, Mapping):
        return Given(value=dict(value))
    found = text(value)
    if not isinstance(found, Given):
        return found
    try:
        tree = json.loads(found.value)
    except (ValueError, RecursionError):
        return Bad(reason=f"{shown(value)} is no JSON")
    return Given(value=tree) if isinstance(tree, dict) else Bad(reason=f"{shown(value)} is no JSON object")


def _listed(
    value: object, separator: str, one: Callable[[object], Outcome], gather: Callable[[list[Any]], Any]
) -> Outcome:
    """Items of a text, or of JSON's own list; the first bad one says why."""
    if isinstance(value, Mapping):
        items: list[object] = [f"{key}:{strength}" for key, strength in value.items()]
    elif isinstance(value, list):
        items = value
    else:
        whole = text(value)
        if not isinstance(whole, Given):
            return whole
        items = [part.strip() for part in whole.value.split(separator)] if separator else [whole.value]
        items = [part for part in items if part != ""]
    found = [one(item) for item in items]
    if bad := next((item for item in found if isinstance(item, Bad)), None):
        return bad
    given = [item.value for item in found if isinstance(item, Given)]
    return Given(value=gather(given)) if given else UNSET


def _strength(value: object) -> Outcome:
    found = text(value)
    if not isinstance(found, Given):
        return found
    name, _, strength = found.value.rpartition(":")
    how = number(strength)
    if not name or not isinstance(how, Given):
        return Bad(reason=f"{shown(value)}: expected `FILE:STRENGTH`")
    return Given(value=(name, how.value))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


@cache
def _kind(path: str) -> _Kind:
    first, _, rest = path.partition(".")
    section = spec_within(fields(ModelSpec)[first].kind) if first in SECTIONS else None
    leaves, words = _leaves(fields(section or OWNERS.get(first, ModelSpec))[rest or first].kind)
    return _Kind(leaves=frozenset(leaves), words=tuple(words))


def _leaves(kind: Any) -> tuple[set[type], list[str]]:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {type(one) for one in inside}, [one for one in inside if isinstance(one, str)]
    if origin is Annotated:
        return _leaves(inside[0])
    if origin in {tuple, Union, UnionType}:
        found = [_leaves(one) for one in inside if one not in {NoneType, Ellipsis}]
        return {leaf for leaves, _ in found for leaf in leaves}, [word for _, words in found for word in words]
    return {kind}, []
