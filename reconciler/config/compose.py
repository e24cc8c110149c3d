"""What was read becomes the sections of one fleet: files side by side, profiles on top, `${…}` replaced."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

from reconciler.config.choice import Choice
from reconciler.config.limits import too_large
from reconciler.config.merge import unite
from reconciler.config.node import Path, Sections, entries_of
from reconciler.config.places import Places
from reconciler.config.problem import Problem
from reconciler.config.profiles import check_unused, lay_over, misshapen
from reconciler.config.reading import Reading
from reconciler.config.stray import meant, silent, strays
from reconciler.config.text import Place, printable, problem_at
from reconciler.config.variables import substitute, unused
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic
from reconciler.domain.frozen import frozen


@frozen
class Composed:
    """
    The fleet before any value is judged.

    Attributes:
        refused: paths of values whose `${…}` could not be replaced; the sections are without them.
        environment: names and values of the environment variables that went in.
        lost: whether a file or profile is not in it, so that anything may seem to be missing that is not.
        astray: whether a line of `include` led nowhere.
        meant: paths of what is not there for a slip of the pen in its key.
    """

    places: Places
    problems: tuple[Diagnostic, ...]
    refused: frozenset[Path]
    environment: Mapping[str, str]
    lost: bool
    astray: bool
    meant: frozenset[Path]


def compose(reading: Reading, choice: Choice, environ: Mapping[str, str] = os.environ) -> Composed:
    """The sections of all files as the caller wants them."""
    united, clashes = unite(reading.roots)
    files = tuple(Place(text) for text, _ in reading.roots)
    laid, unknown = lay_over(united, choice.profiles)
    lost = reading.lost or bool(unknown)
    done = substitute(laid, choice, environ, whole=not lost)
    unknown_keys = tuple(islice(strays(united), MOST_PROBLEMS + 1))
    problems = [*reading.problems, *clashes, *Places(united, files).diagnose(unknown_keys)]
    problems += chain(_names(laid), done.problems)
    places = Places(done.sections, files)
    refused = next(too_large(united), None)
    judged = chain(misshapen(united), () if refused else check_unused(united, choice.profiles), silent(laid))
    said = {one.position for one in problems}
    more = places.diagnose(islice(judged, MOST_PROBLEMS + 1))
    problems += (one for one in more if one.position not in said)
    if not reading.lost:
        problems += (one.at(files[0]) for one in unknown)
    if not lost and not reading.astray:
        problems += (one.at(files[0]) for one in unused(laid, choice))
    return Composed(
        places=places,
        problems=tuple(problems),
        refused=done.refused,
        environment=done.environment,
        lost=lost,
        astray=reading.astray,
        meant=frozenset(_meant(unknown_keys, laid, choice)),
    )


def _meant(unknown_keys: Iterable[Problem], laid: Sections, choice: Choice) -> Iterator[Path]:
    for one in unknown_keys:
        in_profile = one.path[0] == "profiles"
        if not in_profile or one.path[1] in choice.profiles:
            own = replace(one, path=one.path[2:]) if in_profile else one
            if path := meant(own, laid):
                yield path


def _names(sections: Sections) -> Iterator[Diagnostic]:
    """A name that somebody expects to be replaced."""
    for name, entry in entries_of(sections, "models").items():
        if "${" in name:
            summary, hint = f"`{printable(name)}` stays as it is: only values are replaced", "write the name out"
            yield problem_at(entry.place, "E0302", summary, hint=hint, path=f"models.{name}")
