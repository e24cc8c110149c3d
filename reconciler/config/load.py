"""`load_fleet`: from paths to a fleet whose every value can be traced to a line, or to all that is wrong with it."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from functools import cache as once
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.cache import Remembered, cache_file, fingerprint, recall, remember
from reconciler.config.choice import Choice, choice
from reconciler.config.files import RawFile, Shelf, content_digest, default_paths, gather
from reconciler.config.limits import too_large
from reconciler.config.merge import Merged, complete
from reconciler.config.node import Path as KeyPath
from reconciler.config.origin import origin_of
from reconciler.config.places import INHERITED, Places, candidates
from reconciler.config.problem import Problem, well_founded
from reconciler.config.rules import check
from reconciler.config.text import Refusal
from reconciler.config.version import check_required
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic, Position, Severity
from reconciler.domain.frozen import frozen
from reconciler.domain.said import Tree
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.fleet import FleetSpec
from reconciler.version import VERSION

if TYPE_CHECKING:
    # Brings in the YAML library.
    from reconciler.config.compose import Composed

__all__ = ["LoadedFleet", "default_paths", "diagnose", "load_fleet", "load_texts"]

ABSENT = frozenset({"E0205", "E0305", "E0306", "E0307", "E0308", "E0310"})
"""Problems that rest on something not being said; it may stand in a file that could not be understood."""

UNKNOWN = frozenset({"E0204", "E0208"})
"""Problems of keys that nobody knows."""


@frozen
class LoadedFleet:
    """
    A fleet without errors.

    Attributes:
        diagnostics: warnings.
        origin: the repository's address or the directory that it came from.
        files: what was read, in the order of reading.
        contents: their bytes as they were read.
        digest: of the bytes of all files, and of all else that had a say: profiles, variables, the environment.
    """

    spec: FleetSpec
    diagnostics: tuple[Diagnostic, ...] = ()
    origin: str
    files: tuple[Path, ...]
    digest: str
    contents: Mapping[Path, bytes] = field(default_factory=dict, repr=False, compare=False)
    _given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    _places: Callable[[], Places] = field(repr=False, compare=False)

    def locate(self, path: KeyPath | str) -> Position | None:
        """Where a value was said, by its path such as `models.coder.memory.ctx_size`; parses the files if need be."""
        return self._places().locate(path)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic that has a `path` only, with its position and line."""
        return self._places().place(diagnostic)

    def configuration(self) -> Tree:
        """
        Everything as if one file said it: every model with what it inherits, profiles laid over, variables replaced,
        paths absolute. Values are as they were written; those that nobody wrote are not there.
        """
        from reconciler.config.effective import effective  # noqa: PLC0415 - seldom needed

        return effective(self._places(), self._given)


def load_fleet(
    paths: Sequence[Path],
    *,
    profiles: Sequence[str] = (),
    variables: Mapping[str, str | float | bool] | None = None,
    catalogue: Catalogue | None = None,
    cache: Path | None = None,
    when_refused: Callable[[], Catalogue | None] | None = None,
) -> LoadedFleet:
    """
    Reads, merges and checks a configuration.

    Args:
        paths: files and directories, as the user gave them.
        profiles: names of `profiles:` to lay over the rest, the last one strongest.
        variables: values for `${NAME}`; they win over `variables:`.
        catalogue: the flags of the build to check against; nothing leaves that check out.
        cache: a directory for checked fleets, created when needed; nothing parses each time.
        when_refused: gives the flags to check a fleet against, too, that is refused for something else.

    Raises:
        ConfigError: with every problem that could be found.
    """
    chosen, shelf = choice(tuple(profiles), variables or {}), Shelf()
    roots, unreadable = gather(paths, shelf)
    if not roots or any(one.code == "E0603" for one in unreadable):
        raise _config_error(unreadable)
    source = _Named(roots=roots, unreadable=unreadable, choice=chosen, shelf=shelf)
    with _no_collection():
        return source.load(_Flags(always=catalogue, when_refused=when_refused), cache)


@frozen
class _Flags:
    """What a fleet is checked against: always, or when it is refused anyway."""

    always: Catalogue | None = None
    when_refused: Callable[[], Catalogue | None] | None = None

    def of(self, *, refused: bool) -> Catalogue | None:
        """The flags to look at."""
        return self.when_refused() if refused and self.always is None and self.when_refused else self.always


@frozen
class _Named:
    """What the caller named, and how to get from there to a fleet."""

    roots: tuple[RawFile, ...]
    unreadable: tuple[Diagnostic, ...]
    choice: Choice
    shelf: Shelf
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def load(self, build: _Flags, cache: Path | None) -> LoadedFleet:
        """The fleet, from the cache where all that it came from is unchanged."""
        content = content_digest(self.roots)
        file = cache_file(cache, content, self.choice) if cache else None
        known = recall(file) if file and not self.unreadable else None
        if known and (files := self._unchanged(known, content)):
            spec, warnings = _judged(known.fleet, [], self.read, build)
            outside = {name: os.environ[name] for name in known.environment}
            return self._loaded(spec, warnings, files, known.fingerprint, outside)
        found = self.read()
        if oversize := tuple(islice(too_large(found.composed.places.sections), MOST_PROBLEMS)):
            raise _config_error((*found.composed.problems, *oversize))
        merged = complete(found.composed.places.sections)
        spec, warnings = _check(merged, lambda: found, build, found.composed)
        environment = tuple(found.composed.environment)
        mark = fingerprint(content_digest(found.files), self.choice, environment)
        # What reading warned of would not be said again.
        if file and not found.composed.problems:
            what = Remembered(fleet=spec, fingerprint=mark, inclusions=found.inclusions, environment=environment)
            remember(file, what)
        return self._loaded(spec, warnings, found.files, mark, found.composed.environment)

    def read(self) -> "_Read":
        """Everything, parsed and put together."""
        # Both bring in what an unchanged fleet does without, such as the YAML library.
        from reconciler.config.compose import compose  # noqa: PLC0415 - a cached fleet needs no yaml
        from reconciler.config.reading import read  # noqa: PLC0415 - the same

        reading = read(self.roots, self.shelf)
        reading.problems += self.unreadable
        reading.lost |= bool(self.unreadable)
        return _Read(compose(reading, self.choice, self.environ), tuple(reading.files), tuple(reading.inclusions))

    def _unchanged(self, known: Remembered, content: str) -> tuple[RawFile, ...]:
        """The files that a remembered fleet came from; none when something is another than it was."""
        files = self.roots
        if known.inclusions:
            from reconciler.config.include import read_again  # noqa: PLC0415 - seldom needed

            files = read_again(files, known.inclusions, self.shelf)
            content = content_digest(files)
        return files if fingerprint(content, self.choice, known.environment) == known.fingerprint else ()

    def _loaded(
        self,
        spec: FleetSpec,
        warnings: tuple[Diagnostic, ...],
        files: Sequence[RawFile],
        digest: str,
        outside: Mapping[str, str],
    ) -> LoadedFleet:
        same = replace(self, roots=tuple(files), unreadable=(), shelf=_Closed(), environ=outside)
        return LoadedFleet(
            spec=spec,
            diagnostics=warnings,
            origin=origin_of(Path(files[0].directory)),
            files=tuple(one.path for one in files),
            contents={one.path: one.data for one in files},
            digest=digest,
            _given=frozenset(self.choice.variables),
            # Parsed anew when somebody asks: the places of a large fleet are too much to keep just in case.
            _places=once(lambda: same.read().composed.places),
        )


class _Closed(Shelf):
    """Gives nothing out: what a fleet came from is known, and a file that came later is not a part of it."""

    def read(self, path: Path) -> Refusal:
        """No file."""
        return Refusal(code="E0112", summary=f"`{path}` came later")


class _Read(NamedTuple):
    composed: "Composed"
    files: tuple[RawFile, ...]
    inclusions: tuple[tuple[int, str], ...]


def load_texts(files: Sequence[RawFile], *, catalogue: Catalogue | None = None) -> LoadedFleet:
    """
    The fleet of these contents, which need not be on the disk.

    Raises:
        ConfigError: with every problem that could be found.
    """
    shelf = Shelf()
    for one in files:
        shelf.put(one)
    source = _Named(roots=tuple(files), unreadable=(), choice=choice((), {}), shelf=shelf)
    with _no_collection():
        return source.load(_Flags(always=catalogue), None)


def diagnose(
    files: Sequence[RawFile],
    *,
    profiles: Sequence[str] = (),
    variables: Mapping[str, str | float | bool] | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything that can be said about these contents, which need not be those on the disk."""
    shelf = Shelf()
    for one in files:
        shelf.put(one)
    chosen, flags = choice(tuple(profiles), variables or {}), _Flags(always=catalogue)
    try:
        with _no_collection():
            return _Named(roots=tuple(files), unreadable=(), choice=chosen, shelf=shelf).load(flags, None).diagnostics
    except ConfigError as error:
        return tuple(one for one in error.diagnostics if isinstance(one, Diagnostic))


@contextmanager
def _no_collection() -> Iterator[None]:
    """
    Cycle detection waits: it would look through all nodes again and again, which makes large files cost the square.
    Nothing that is built here has cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(
    merged: Merged, read: Callable[[], _Read], build: _Flags, composed: "Composed | None" = None
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    """The spec of a tree with the warnings."""
    from reconciler.config.validation import validate  # noqa: PLC0415 - what was checked already needs no pydantic

    spec, refused = validate(merged)
    problems: list[Problem] = [*refused]
    if merged.required_version is not None and (problem := check_required(merged.required_version, VERSION)):
        problems.append(problem)
    return _judged(spec, problems, read, build, composed)


def _judged(
    spec: FleetSpec | None,
    problems: list[Problem],
    read: Callable[[], _Read],
    build: _Flags,
    composed: "Composed | None" = None,
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    """With what shows between values only; places are asked for when there is something to say."""
    flags: tuple[Diagnostic, ...] = ()
    found = composed.problems if composed else ()
    if spec is not None:
        unknown = composed.refused if composed else ()
        follow = well_founded(check(spec), {*(one.path for one in problems), *unknown})
        problems += islice(follow, MOST_PROBLEMS + 1)
        catalogue = build.of(refused=_has_errors(problems) or _has_errors(found))
        flags = _check_flags(spec, catalogue) if catalogue else ()
    if composed:
        problems = [one for one in problems if not _is_excused(one, composed)]
    if problems or flags:
        places = read().composed.places
        said = {one.position for one in found}
        # A flag that many models inherit is one problem.
        placed = {(one.code, one.path): one for one in map(places.place, reversed(flags))}
        more = (*places.diagnose(problems), *reversed(placed.values()))
        # What the reader has refused already needs no second problem at its place.
        found = (*found, *(one for one in more if one.position not in said))
    if spec is None or _has_errors(found):
        raise _config_error(found)
    return spec, found


def _has_errors(found: Iterable[Problem | Diagnostic]) -> bool:
    return any(one.severity is Severity.ERROR for one in found)


def _is_excused(problem: Problem, composed: "Composed") -> bool:
    """Whether it may follow from another one alone: what it misses may stand in what nobody could read or replace."""
    looked_at = (place for path in (problem.path, *problem.rests_on) for place in candidates(path))
    if not composed.meant.isdisjoint(looked_at):
        return True
    if composed.lost:
        return problem.code in ABSENT
    if any(path[: len(one)] == one for path in composed.refused for one in candidates(problem.path)):
        return True
    if problem.code in ABSENT and problem.code != "E0205" and any(path[0] in INHERITED for path in composed.refused):
        return True
    top_level = len(problem.path) == 1
    return composed.astray and (problem.code == "E0305" or (problem.code == "E0205" and top_level))


def _check_flags(spec: FleetSpec, catalogue: Catalogue) -> tuple[Diagnostic, ...]:
    from reconciler.llama.check import check_flags  # noqa: PLC0415 - not needed without a catalogue

    return check_flags(spec, catalogue)


def _in_order(found: Diagnostic) -> tuple[Position, str]:
    return found.position or Position(file=""), found.code


def _config_error(found: Sequence[Diagnostic]) -> ConfigError:
    ordered = sorted(found, key=_in_order)
    errors = [one for one in ordered if one.severity is Severity.ERROR]
    if len(errors) > MOST_PROBLEMS:
        # A key that nobody knows may be why all the others are there.
        kept = sorted(errors, key=lambda one: one.code not in UNKNOWN)[:MOST_PROBLEMS]
        ordered = sorted(kept, key=_in_order)
        count = f"more than {MOST_PROBLEMS} problems"
    else:
        count = f"{len(errors)} problem{'s' if len(errors) != 1 else ''}"
    files = dict.fromkeys(f"`{one.position.file}`" for one in ordered if one.position)
    subject = ", ".join(files) if len(files) <= 3 else f"the configuration in {len(files)} files"  # noqa: PLR2004 - fits a line
    verb = "are" if 1 < len(files) <= 3 else "is"  # noqa: PLR2004 - fits a line - more are not listed
    summary = f"{subject or 'the configuration'} {verb} not valid: {count}"
    return ConfigError(summary, diagnostics=tuple(ordered))
