"""
Profiles: parts of a configuration that are laid over the rest when somebody asks for them.

They are laid over sections before models inherit, so that each of `server`, `defaults` and the model has its profile's
values on top. Mappings are merged key by key, anything else is replaced, and `null` takes away.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reconciler.config.keys import BESIDE_THE_SPEC, RESERVED, is_secret
from reconciler.config.limits import large_parts
from reconciler.config.merge import Merged, Values, model_part, overlay, process_part, whole
from reconciler.config.node import Entry, Node, Path, Sections, entries_of, mapping
from reconciler.config.problem import Problem, dotted
from reconciler.config.text import Refusal, printable
from reconciler.config.validation import PLACEHOLDERS, validate
from reconciler.config.wording import MOST_GUESSES, bad_value, nearest, unknown_key
from reconciler.spec.base import fields
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.sources import SOURCES

NOT_IN_PROFILES = frozenset({"version", "fleet", "required_version", "include", "profiles"})
"""Keys of the top level that say what the configuration is, and not how it is to be this time."""

ALLOWED = frozenset({*fields(FleetSpec), *BESIDE_THE_SPEC} - NOT_IN_PROFILES)


def lay_over(sections: Sections, names: Sequence[str]) -> tuple[Sections, list[Refusal]]:
    """The sections with those of the chosen profiles on top, the last one strongest; and profiles that are nowhere."""
    known = entries_of(sections, "profiles")
    result = dict(sections)
    for name in names:
        for key, entry in (_usable(known[name]) if name in known else {}).items():
            result[key] = _laid(result.get(key), entry, (key,))
    return result, [_unknown(name, known) for name in dict.fromkeys(names) if name not in known]


def misshapen(sections: Sections) -> Iterator[Problem]:
    """What is wrong with profiles and variables as such, chosen or not."""
    yield from _not_a_mapping(sections, ("profiles",))
    yield from _not_a_mapping(sections, ("variables",))
    profiles = entries_of(sections, "profiles")
    named = Counter(name for one in profiles.values() for name in entries_of(one.node.entries or {}, "models"))
    guesses = iter(range(MOST_GUESSES))
    for name, profile in profiles.items():
        yield from _not_a_mapping(profiles, ("profiles", name))
        inner = profile.node.entries or {}
        yield from (_not_here(("profiles", name, key)) for key in inner if key not in ALLOWED)
        yield from _not_a_mapping(inner, ("profiles", name, "variables"))
        yield from _nothing_to_take(name, inner, entries_of(sections, "models"), named, guesses)


def check_unused(sections: Sections, chosen: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with profiles that nobody asked for: keys and types; what is missing may come from elsewhere."""
    for name, profile in entries_of(sections, "profiles").items():
        if name not in chosen and not any(large_parts(profile.node.entries or {})):
            tree = {key: _without_open(entry.node) for key, entry in _usable(profile).items() if key != "variables"}
            for problem in validate(_as_fleet(tree)).problems:
                if problem.code != "E0205":
                    yield replace(problem, path=("profiles", name, *problem.path))


def _usable(profile: Entry) -> Sections:
    return {key: entry for key, entry in (profile.node.entries or {}).items() if key in ALLOWED}


def _laid(under: Entry | None, over: Entry, path: Path) -> Entry:
    """One on top of the other; a model that is `null` is gone with all that it would inherit."""
    of_models = path == ("models",)
    is_model = path[:-1] == ("models",)
    if over.node.entries is None or (path[-1] in whole() and not is_model) or (path[0] == "server" and is_secret(path)):
        # A reference to a secret is one value too: one of its two keys stands for the other.
        return over
    if not of_models and (under is None or under.node.entries is None):
        return over
    entries = dict(under.node.entries or {}) if under else {}
    for key, entry in over.node.entries.items():
        entries[key] = _laid(entries.get(key), entry, (*path, key))
        if of_models and entry.node.value is None:
            del entries[key]
    base = under or over
    return Entry(base.place, mapping(base.node.place, entries))


def _not_a_mapping(holder: Sections, path: tuple[str, ...]) -> Iterator[Problem]:
    entry = holder.get(path[-1])
    if entry is not None and entry.node.entries is None and entry.node.value is not None:
        yield bad_value(path, entry.node.value, [{"type": "model_type"}])


def _not_here(path: tuple[str, ...]) -> Problem:
    key = path[-1]
    if key in RESERVED:
        return unknown_key(path, ())
    if key in NOT_IN_PROFILES:
        summary, hint = f"`{key}` cannot stand in a profile", "write it at the top of the file"
        return Problem(code="E0605", summary=summary, path=path, hint=hint, at_key=True)
    near = nearest(key, ALLOWED)
    return Problem(
        code="E0204",
        summary=f"unknown key `{printable(key)}` in `{printable(dotted(path[:-1]))}`",
        path=path,
        detail=f"expected one of {', '.join(f'`{one}`' for one in sorted(ALLOWED))}",
        hint=f"did you mean `{near}`?" if near else f"remove `{printable(key)}`",
        at_key=True,
    )


def _unknown(name: str, known: Sections) -> Refusal:
    near = nearest(name, known)
    return Refusal(
        code="E0604",
        summary=f"there is no profile `{printable(name)}`",
        detail=f"expected one of {', '.join(f'`{one}`' for one in known)}"
        if known
        else "the files have no `profiles:`",
        hint=f"did you mean `{near}`?" if near else "declare it in `profiles:`, or leave the option out",
        path=f"--profile {printable(name)}",
    )


def _nothing_to_take(
    profile: str, said: Sections, known: Sections, named: Counter[str], guesses: Iterator[int]
) -> Iterator[Problem]:
    """Models that a profile takes away and that nobody declares; other profiles may have `named` them."""
    for name, entry in entries_of(said, "models").items():
        if entry.node.value is None and name not in known and named[name] == 1:
            near = nearest(name, known) if next(guesses, None) is not None else ""
            yield Problem(
                code="E0606",
                summary=f"there is no model `{printable(name)}` to take away",
                path=("profiles", profile, "models", name),
                hint=f"did you mean `{near}`?" if near else "remove the line",
                at_key=True,
            )


def _without_open(node: Node) -> object:
    """The plain value without what only variables tell."""
    if not node.open:
        return node.value
    if node.entries is None:
        return None
    inner = ((key, entry.node) for key, entry in node.entries.items())
    return {key: _without_open(one) for key, one in inner if not one.open or one.entries is not None}


def _as_fleet(tree: Values) -> Merged:
    """The sections of a profile as if they were all there is."""
    server, defaults, models = (tree.pop(key, None) for key in ("server", "defaults", "models"))
    if isinstance(models, dict):
        models = {name: _as_model(body) for name, body in models.items() if body is not None}
    own = overlay({}, {**tree, "server": process_part(server)})
    fleet = {**PLACEHOLDERS, **own} | ({} if models is None else {"models": models})
    return Merged(fleet=fleet, defaults=defaults, server=model_part(server))


def _as_model(body: Any) -> Any:
    """One without a source is a part of a model that is declared elsewhere."""
    if not isinstance(body, dict):
        return body
    return overlay({}, body) | ({} if any(body.get(key) for key in SOURCES) else {"path": "/missing"})
