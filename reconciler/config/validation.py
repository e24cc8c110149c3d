"""
The merged tree becomes a spec; what the validator refuses becomes problems.

The only user of pydantic outside `spec`.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError

from reconciler.config import wording
from reconciler.config.keys import NOT_IN_DEFAULTS, is_secret
from reconciler.config.merge import Merged, Values, overlay
from reconciler.config.node import Path
from reconciler.config.problem import Problem
from reconciler.domain.diagnostic import MOST_PROBLEMS
from reconciler.spec.base import fields
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.sources import WrittenSecretError
from reconciler.spec.validating import validate as validate_spec

PLACEHOLDERS = {"version": 1, "fleet": "unnamed"}
"""What stands in for a missing key while the other rules are looked at."""

ATTEMPTS = 4
AT_ONCE = 2
"""Models: with the most that two may hold, all of it wrong, the validator's errors take 100 MiB."""


class Validated(NamedTuple):
    """
    A spec and what is wrong with it.

    Attributes:
        spec: with problems, what is left without the refused values, so that other rules can be looked at;
            nothing when nothing is left.
    """

    spec: FleetSpec | None
    problems: tuple[Problem, ...]


class _Refused(NamedTuple):
    path: Path
    kind: str
    failures: list[wording.Failure]


def validate(merged: Merged) -> Validated:
    """Checks the whole fleet, and `defaults` and `server` also by themselves, where no model shows their mistakes."""
    shared = (*_defaults(merged.defaults), *_shared(("server",), merged.server or {}))
    spec, refused = _spec(merged.fleet)
    if refused:
        own = tuple(_problem(one, merged.fleet) for one in refused)
        # Of so many there may be more than these.
        spec = _remains(merged.fleet, refused) if len(refused) <= MOST_PROBLEMS else None
        return Validated(spec, (*shared, *own))
    return Validated(spec, shared)


def _spec(tree: Values) -> tuple[FleetSpec | None, list[_Refused]]:
    """
    The spec, or what is refused of it.

    The models are looked at a few at a time: the validator lists every error before anybody can stop it.
    """
    models = tree.get("models")
    if not isinstance(models, dict):
        return _at_once(_few_unknown(tree))
    head, refused = _at_once(_few_unknown({**tree, "models": {}}))
    ready: dict[str, ModelSpec] = {}
    items = iter(models.items())
    while len(refused) <= MOST_PROBLEMS and (few := dict(islice(items, AT_ONCE))):
        some, wrong = _at_once({**PLACEHOLDERS, "models": few})
        refused += wrong
        ready |= some.models if some else {}
    return head.replaced(models=ready) if head and not refused else None, refused


def _few_unknown(tree: Values) -> Values:
    """With as many keys that nobody knows as can be listed."""
    known = fields(FleetSpec)
    unknown = set(islice((key for key in tree if key not in known), MOST_PROBLEMS + 1))
    return {key: value for key, value in tree.items() if key in known or key in unknown}


def _at_once(tree: Values) -> tuple[FleetSpec | None, list[_Refused]]:
    try:
        return validate_spec(FleetSpec, tree), []
    except ValidationError as error:
        return None, _refused(error, tree)


def _defaults(defaults: Any) -> Iterator[Problem]:
    if defaults is None:
        return
    if not isinstance(defaults, dict):
        yield wording.bad_value(("defaults",), defaults, [{"type": "model_type"}])
        return
    for key in sorted(NOT_IN_DEFAULTS & defaults.keys()):
        yield Problem(
            code="E0311",
            summary=f"`{key}` cannot be a default",
            path=("defaults", key),
            detail="it must differ from model to model",
            hint=f"write `{key}` in each model",
            at_key=True,
        )
    yield from _shared(("defaults",), {key: value for key, value in defaults.items() if key not in NOT_IN_DEFAULTS})


def _shared(section: Path, values: Values) -> Iterator[Problem]:
    """What models inherit, looked at as if it were a model."""
    tree = {key: value for key, value in values.items() if value is not None}
    try:
        validate_spec(ModelSpec, overlay({}, tree))
    except ValidationError as error:
        for one in _refused(error, tree):
            yield _problem(one._replace(path=(*section, *one.path)), {str(section[0]): tree})


def _refused(error: ValidationError, tree: Values) -> list[_Refused]:
    """The validator's errors by path; the branches of a union are one, and the deepest branch speaks for it."""
    found: dict[tuple[Path, str], _Refused] = {}
    for failure in error.errors(include_url=False, include_input=False):
        kind = _kind(failure)
        path = _real_path(failure["loc"], tree, missing=kind == "missing")
        found.setdefault((path, kind), _Refused(path, kind, [])).failures.append(failure)
        if len(found) > MOST_PROBLEMS:
            break
    refused = list(found.values())
    deeper = {one.path[:end] for one in refused for end in range(len(one.path))}
    return [one for one in refused if one.kind != "value" or one.path not in deeper or not one.path]


def _kind(failure: wording.Failure) -> str:
    if "[key]" in failure["loc"] or "cannot be a name" in failure["msg"]:
        return "name"
    return {"missing": "missing", "extra_forbidden": "unknown"}.get(failure["type"], "value")


def _real_path(location: Sequence[str | int], tree: Any, *, missing: bool) -> Path:
    """The path in the file: the validator also names the branches of unions, and `[key]` for a key itself."""
    path: list[str | int] = []
    value = tree
    for part in location[:-1] if missing else location:
        if _has(value, part):
            value = value[part]
            path.append(part)
    return (*path, location[-1]) if missing else tuple(path)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _problem(refused: _Refused, tree: Values) -> Problem:
    path, failures = refused.path, refused.failures
    if refused.kind == "unknown":
        return wording.unknown_key(path, path[:-1])
    if refused.kind == "missing":
        return wording.missing_key(path)
    if is_secret(path):
        return wording.literal_secret(path)
    if any(isinstance(one.get("ctx", {}).get("error"), WrittenSecretError) for one in failures):
        return wording.secret_in_address(path)
    if refused.kind == "name":
        return wording.bad_name(path, str(failures[0]["ctx"]["error"]), at_key="[key]" in failures[0]["loc"])
    return wording.bad_value(path, _value(tree, path), failures)


def _value(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _remains(tree: Values, refused: list[_Refused]) -> FleetSpec | None:
    """The fleet without what was refused."""
    for _ in range(ATTEMPTS):
        tree = _without(tree, refused)
        try:
            return validate_spec(FleetSpec, tree)
        except ValidationError as error:
            refused = _refused(error, tree)
    return None


def _without(tree: Any, refused: Sequence[_Refused]) -> Any:
    """A copy with values taken out, or put in where they are missing."""
    if not all(one.path for one in refused):
        return {}
    if not isinstance(tree, dict):
        # Without one item of a list the others would move; the list as a whole goes.
        return []
    inside: dict[str | int, list[_Refused]] = {}
    for one in refused:
        inside.setdefault(one.path[0], []).append(one._replace(path=one.path[1:]))
    left = dict(tree)
    for key, those in inside.items():
        if all(one.path for one in those):
            left[str(key)] = _without(tree[key], those)
        elif key in PLACEHOLDERS:
            left[str(key)] = PLACEHOLDERS[str(key)]
        else:
            left.pop(str(key), None)
    return left
