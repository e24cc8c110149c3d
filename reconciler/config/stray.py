"""
Keys that nobody knows, and flags that say nothing, looked for in the files' own trees: merging takes away what is
`null`, and its key with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from reconciler.config.keys import BESIDE_THE_SPEC, MODEL_KEYS_OF_SERVER, is_secret
from reconciler.config.node import Entry, Path, Sections, entries_of
from reconciler.config.problem import Problem
from reconciler.config.profiles import ALLOWED
from reconciler.config.text import Place, printable
from reconciler.config.wording import literal_secret, unknown_key
from reconciler.domain.diagnostic import Severity
from reconciler.spec.base import Spec, fields, spec_within
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.secret import SecretRef
from reconciler.spec.server import ServerSpec

Shape = Mapping[str, type[Spec] | None]
"""The keys of a mapping, with the class of those that are mappings of known keys themselves."""

Found = tuple[Path, Entry]


def strays(sections: Sections) -> Iterator[Problem]:
    """Each of them once, whatever its value, also in profiles that nobody asked for; the top level first."""
    seen: set[Place] = set()
    for above, holder in _fleets(sections):
        for path, entry in _of_fleet(holder):
            # An anchor brings one key to many places.
            if entry.place not in seen:
                seen.add(entry.place)
                problem = literal_secret(path[:-1]) if is_secret(path[:-1]) else unknown_key(path, path[:-1])
                yield replace(problem, path=(*above, *problem.path))


def silent(sections: Sections) -> Iterator[Problem]:
    """Flags in `extra_args` that are `null` and take nothing away; in a shell a flag alone would be one."""
    below = entries_of(entries_of(sections, "defaults"), "extra_args")
    for path, holder in _holders(sections):
        for flag, entry in entries_of(holder, "extra_args").items():
            if entry.node.value is None and (flag not in below or path == ("defaults",)):
                yield Problem(
                    code="W0403",
                    severity=Severity.WARNING,
                    summary=f"`{printable(flag)}` has no value, and is left out",
                    path=(*path, "extra_args", flag),
                    hint=f"write `{printable(flag)}: true` for a flag that stands alone, or remove it",
                    at_key=True,
                )


def _holders(sections: Sections) -> Iterator[tuple[Path, Sections]]:
    yield ("defaults",), entries_of(sections, "defaults")
    for name in (models := entries_of(sections, "models")):
        yield ("models", name), entries_of(models, name)


def meant(problem: Problem, sections: Sections) -> Path | None:
    """The path that a stray key was to be, when that is likely and nothing stands there."""
    if problem.edit is None:
        return None
    siblings = sections
    for part in problem.path[:-1]:
        siblings = entries_of(siblings, str(part))
    word = problem.edit.replacement
    return None if word in siblings else (*problem.path[:-1], word)


def _fleets(sections: Sections) -> Iterator[tuple[Path, Sections]]:
    yield (), sections
    for name, profile in entries_of(sections, "profiles").items():
        # What else a profile has is told with what may stand in one.
        inner = profile.node.entries or {}
        yield ("profiles", name), {key: entry for key, entry in inner.items() if key in ALLOWED}


def _of_fleet(sections: Sections) -> Iterator[Found]:
    known = {*_shape(FleetSpec), *BESIDE_THE_SPEC}
    yield from (((key,), entry) for key, entry in sections.items() if key not in known)
    for key, entry in sections.items():
        if key == "models":
            for name, model in entries_of(sections, key).items():
                yield from _within(model, (key, name), _shape(ModelSpec))
        elif key == "defaults":
            yield from _within(entry, (key,), _shape(ModelSpec))
        elif key == "server":
            of_models = {one: _shape(ModelSpec)[one] for one in MODEL_KEYS_OF_SERVER}
            yield from _within(entry, (key,), {**of_models, **_shape(ServerSpec)})
        elif owner := _shape(FleetSpec).get(key):
            yield from _within(entry, (key,), _shape(owner))


def _within(holder: Entry, path: Path, shape: Shape) -> Iterator[Found]:
    for key, entry in (holder.node.entries or {}).items():
        if key not in shape:
            yield (*path, key), entry
        elif (owner := shape[key]) and entry.node.entries is not None:
            inside = _within(entry, (*path, key), _shape(owner))
            # A secret that stands there in place of a reference is the validator's, unless it is `null`.
            yield from inside if owner is not SecretRef else (one for one in inside if one[1].node.value is None)


@cache
def _shape(owner: type[Spec]) -> Shape:
    return {key: spec_within(field.kind) for key, field in fields(owner).items()}
