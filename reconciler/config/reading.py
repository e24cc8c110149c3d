"""All files of a configuration, those that `include` names too, become nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from reconciler.config.files import RawFile, Shelf, gather
from reconciler.config.include import Inclusion, expand, is_pattern
from reconciler.config.node import Node
from reconciler.config.renamed import with_new_names
from reconciler.config.source import allowance, parse
from reconciler.config.syntax import decode, forbidden_escape
from reconciler.config.text import Place, Refusal, Text, problem_at, way_round
from reconciler.config.wording import describe
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic

UNREADABLE = frozenset({"E0111", "E0112", "E0113", "E0603"})
"""Problems of files as such, before anything in them is understood."""


class _Link(NamedTuple):
    """From a file to one that it includes; `named` when no pattern or directory stands between."""

    to: int
    place: Place
    named: bool


@dataclass(slots=True)
class Reading:
    """
    All files, parsed.

    Attributes:
        files: in the order of reading: those that the user named, then those that they include, level by level.
        inclusions: in the same order; taken again, they lead to the same files.
        lost: whether a file could not be understood, so that anything may seem to be missing that is not.
        astray: whether a line of `include` leads nowhere.
    """

    files: list[RawFile]
    roots: list[tuple[Text, Node]] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    inclusions: list[Inclusion] = field(default_factory=list)
    lost: bool = False
    astray: bool = False


def gather_all(paths: Sequence[Path]) -> tuple[tuple[RawFile, ...], tuple[Diagnostic, ...]]:
    """The files of a configuration, those that it includes too, and what cannot be read of them."""
    shelf = Shelf()
    roots, problems = gather(paths, shelf)
    reading = read(roots, shelf)
    return tuple(reading.files), (*problems, *(one for one in reading.problems if one.code in UNREADABLE))


def read(files: Sequence[RawFile], shelf: Shelf) -> Reading:
    """Parses the files and all that they include, each once."""
    reading = Reading(list(files))
    links: list[list[_Link]] = [[] for _ in files]
    numbers = {file.identity: number for number, file in enumerate(files)}
    allowed = allowance()
    for number, file in enumerate(reading.files):
        root = _parse(file, reading, allowed)
        if len(reading.problems) > MOST_PROBLEMS:
            reading.lost = True
            break
        for place, wanted in _includes(root, reading):
            reading.inclusions.append(Inclusion(number, wanted))
            for found in _included(Inclusion(number, wanted), place, reading, shelf):
                if found.identity not in numbers:
                    numbers[found.identity] = len(reading.files)
                    reading.files.append(found)
                    links.append([])
                named = not is_pattern(wanted) and found.path.name == wanted.rpartition("/")[2]
                links[number].append(_Link(numbers[found.identity], place, named))
    reading.problems += _circles(links, reading.files)
    return reading


def _parse(file: RawFile, reading: Reading, allowed: Iterator[int]) -> Node | None:
    text = decode(file)
    if isinstance(text, Diagnostic):
        reading.problems.append(text)
        reading.lost = True
        return None
    root, said = parse(text, allowed=allowed)
    reading.problems += said
    if root is not None:
        root, renamed = with_new_names(root)
        reading.problems += renamed
        reading.roots.append((text, root))
    reading.lost |= root is None or root.entries is None
    return root


def _includes(root: Node | None, reading: Reading) -> Iterator[tuple[Place, str]]:
    """The lines of a file's `include`, which is a list or one text."""
    entry = root.entries.get("include") if root is not None and root.entries else None
    if entry is None or entry.node.value is None:
        return
    for node in [entry.node] if entry.node.items is None else entry.node.items:
        if len(reading.problems) > MOST_PROBLEMS:
            return
        if isinstance(node.value, str) and forbidden_escape(node.place, node.value):
            reading.astray = True  # The reader has said why.
        elif isinstance(node.value, str) and node.value:
            yield node.place, node.value
        else:
            place = entry.place if node.entries is not None else node.place
            summary, hint = f"`include` cannot be {describe(node.value)}", "write `include: [models/*.yaml]`"
            detail = "expected files, directories or patterns"
            reading.problems.append(problem_at(place, "E0201", summary, detail=detail, hint=hint, path="include"))
            reading.astray = True


def _included(one: Inclusion, place: Place, reading: Reading, shelf: Shelf) -> Iterator[RawFile]:
    outcome = expand(one.wanted, reading.files[one.number].path)
    for found in [outcome] if isinstance(outcome, Refusal) else map(shelf.read, outcome):
        if isinstance(found, RawFile):
            yield found
            continue
        reading.problems.append(found.at(place))
        reading.astray |= found.code == "E0601"
        reading.lost |= found.code != "E0601"
        if found.code == "E0603":
            return


def _circles(links: list[list[_Link]], files: list[RawFile]) -> Iterator[Diagnostic]:
    """Each line that names a file which it is included from. A pattern that fits such a file passes it over."""
    done: set[int] = set()
    for start in range(len(links)):
        trail, ways = [start], [iter(links[start])]
        if start in done:
            continue
        on_trail = {start}
        while ways:
            link = next(ways[-1], None)
            if link is None:
                ways.pop()
                on_trail.discard(trail[-1])
                done.add(trail.pop())
            elif link.to in on_trail:
                if link.named:
                    yield _circle([files[one] for one in trail[trail.index(link.to) :]], link.place)
            elif link.to not in done:
                trail.append(link.to)
                on_trail.add(link.to)
                ways.append(iter(links[link.to]))


def _circle(trail: list[RawFile], place: Place) -> Diagnostic:
    names = [one.shown for one in (*trail, trail[0])]
    return problem_at(
        place,
        "E0602",
        f"`{trail[0].shown}` includes itself" if len(trail) == 1 else f"`{trail[0].shown}` is included from itself",
        detail=way_round(names),
        hint="remove this line",
        path="include",
    )
