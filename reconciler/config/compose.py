"""What was read becomes the sections of one fleet: files side by side, profiles on top, `${…}` replaced."""

import os
from collections.abc import Iterator, Mapping
from itertools import chain, islice

from reconciler.config.choice import Choice
from reconciler.config.merge import unite
from reconciler.config.node import Path, Sections, entries_of
from reconciler.config.places import Places
from reconciler.config.profiles import check_unused, lay_over, misshapen
from reconciler.config.reading import Reading
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
    """

    places: Places
    problems: tuple[Diagnostic, ...]
    refused: frozenset[Path]
    environment: Mapping[str, str]
    lost: bool
    astray: bool


def compose(reading: Reading, choice: Choice, environ: Mapping[str, str] = os.environ) -> Composed:
    """The sections of all files as the caller wants them."""
    united, clashes = unite(reading.roots)
    files = tuple(Place(text) for text, _ in reading.roots)
    laid, unknown = lay_over(united, choice.profiles)
    lost = reading.lost or bool(unknown)
    done = substitute(laid, choice, environ, whole=not lost)
    problems = [*reading.problems, *clashes, *_names(laid), *done.problems]
    places = Places(done.sections, files)
    of_profiles = chain(misshapen(united), check_unused(united, choice.profiles))
    problems += places.diagnose(islice(of_profiles, MOST_PROBLEMS + 1))
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
    )


def _names(sections: Sections) -> Iterator[Diagnostic]:
    """A name that somebody expects to be replaced."""
    for name, entry in entries_of(sections, "models").items():
        if "${" in name:
            summary, hint = f"`{printable(name)}` stays as it is: only values are replaced", "write the name out"
            yield problem_at(entry.place, "E0302", summary, hint=hint, path=f"models.{name}")
