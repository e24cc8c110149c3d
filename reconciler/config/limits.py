"""How large a configuration may be, beyond what the reader counts: so that no file costs more than it can mean."""

from collections.abc import Iterator
from itertools import chain

from reconciler.config.node import Entry, Sections, entries_of
from reconciler.config.places import INHERITED
from reconciler.config.text import printable, problem_at
from reconciler.domain.diagnostic import Diagnostic

OF_PARTS = frozenset({"models", "profiles", "variables"})
"""Sections of things that are looked at one by one."""

MAX_MODELS = 20_000
MAX_PROFILES = 1_000
"""Each is checked as a fleet of its own."""

MAX_PART = 5_000
"""Keys and values of one model or section; the longest command line that Linux takes has fewer words that matter."""

MAX_INHERITED = 1_000_000
"""What stands under every model is there once for each of them."""


def too_large(sections: Sections) -> Iterator[Diagnostic]:
    """What would take too long, or too much memory, to check."""
    models = entries_of(sections, "models")
    if len(models) > MAX_MODELS:
        yield _problem(sections["models"], "there are too many models", f"{MAX_MODELS:,} models", len(models))
        return
    profiles = entries_of(sections, "profiles")
    if len(profiles) > MAX_PROFILES:
        yield _problem(sections["profiles"], "there are too many profiles", f"{MAX_PROFILES:,} profiles", len(profiles))
        return
    yield from large_parts(sections)
    for name, profile in profiles.items():
        yield from large_parts(profile.node.entries or {}, f"profiles.{name}.")
    shared = [one for name, one in sections.items() if name in INHERITED]
    inherited = len(models) * sum(entry.node.size for entry in shared)
    if inherited > MAX_INHERITED:
        most = f"{MAX_INHERITED:,} keys and values in all models together"
        yield _problem(shared[-1], "the models inherit too much", most, inherited)


def large_parts(sections: Sections, above: str = "") -> Iterator[Diagnostic]:
    """The sections and models, of the fleet or of a profile, that each are too large."""
    models = ((f"models.{name}", one) for name, one in entries_of(sections, "models").items())
    for name, entry in chain(sections.items(), models):
        if entry.node.size > MAX_PART and name not in OF_PARTS:
            summary = f"`{printable(above + name)}` is too large"
            yield _problem(entry, summary, f"{MAX_PART:,} keys and values", entry.node.size)


def _problem(entry: Entry, summary: str, most: str, found: int) -> Diagnostic:
    detail = f"expected at most {most}, got {found:,}"
    return problem_at(entry.place, "E0111", summary, detail=detail, hint="write less, or divide it into several fleets")
