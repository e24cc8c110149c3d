"""`load_fleet`: from paths to a fleet whose every value can be traced to a line, or to all that is wrong with it."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache as once
from itertools import islice
from pathlib import Path

from reconciler.config.cache import cache_file, recall, remember
from reconciler.config.files import RawFile, content_digest, default_paths, gather
from reconciler.config.limits import too_large
from reconciler.config.merge import Merged, complete, unite
from reconciler.config.node import Node
from reconciler.config.node import Path as KeyPath
from reconciler.config.origin import origin_of
from reconciler.config.places import Places
from reconciler.config.problem import Problem, well_founded
from reconciler.config.rules import check
from reconciler.config.text import Text
from reconciler.config.validation import validate
from reconciler.config.version import check_required
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic, Position, Severity
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.fleet import FleetSpec
from reconciler.version import VERSION

__all__ = ["LoadedFleet", "default_paths", "load_fleet"]


@frozen
class LoadedFleet:
    """
    A fleet without errors.

    Attributes:
        diagnostics: warnings.
        origin: the repository's address or the directory that it came from.
        files: what was read, in the order of reading.
        digest: of the bytes of all files.
    """

    spec: FleetSpec
    diagnostics: tuple[Diagnostic, ...] = ()
    origin: str
    files: tuple[Path, ...]
    digest: str
    _places: Callable[[], Places] = field(repr=False, compare=False)

    def locate(self, path: KeyPath | str) -> Position | None:
        """Where a value was said, by its path such as `models.coder.memory.ctx_size`; parses the files if need be."""
        return self._places().locate(path)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic that has a `path` only, with its position and line."""
        return self._places().place(diagnostic)


@dataclass(frozen=True, slots=True)
class _Reading:
    """
    All files, parsed.

    Attributes:
        whole: whether every file could be understood; else keys seem to be missing that are not.
    """

    places: Places
    problems: tuple[Diagnostic, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Flags:
    """What a fleet is checked against: always, and when it is refused anyway."""

    always: Catalogue | None
    when_refused: Callable[[], Catalogue | None] | None

    def of(self, *, refused: bool) -> Catalogue | None:
        return self.when_refused() if refused and self.always is None and self.when_refused else self.always


def load_fleet(
    paths: Sequence[Path],
    *,
    catalogue: Catalogue | None = None,
    cache: Path | None = None,
    when_refused: Callable[[], Catalogue | None] | None = None,
) -> LoadedFleet:
    """
    Reads, merges and checks a configuration.

    Args:
        paths: files and directories, as the user gave them.
        catalogue: the flags of the build to check against; nothing leaves that check out.
        cache: a directory for parsed trees, created when needed; nothing parses each time.
        when_refused: gives the flags to check a fleet against, too, that is refused for something else.

    Raises:
        ConfigError: with every problem that could be found.
    """
    files, unreadable = gather(paths)
    if not files:
        raise _config_error(unreadable)
    digest = content_digest(files)
    with _no_collection():
        flags = _Flags(catalogue, when_refused)
        spec, warnings = _load(files, unreadable, flags, cache_file(cache, digest) if cache else None)
    return LoadedFleet(
        spec=spec,
        diagnostics=warnings,
        origin=origin_of(Path(files[0].directory)),
        files=tuple(one.path for one in files),
        digest=digest,
        # Parsed anew when somebody asks: the places of a large fleet are too much to keep just in case.
        _places=once(lambda: _read(files).places),
    )


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


def _load(
    files: Sequence[RawFile], unreadable: tuple[Diagnostic, ...], build: _Flags, remembered: Path | None
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    read = once(lambda: _read(files))
    if remembered and not unreadable and (merged := recall(remembered)):
        return _check(merged, read, build)
    reading = read()
    if unreadable or not reading.whole:
        raise _config_error((*unreadable, *reading.problems))
    merged = complete(reading.places)
    checked = _check(merged, read, build, reading.problems)
    if remembered:
        remember(remembered, merged)
    return checked


def _read(files: Sequence[RawFile]) -> _Reading:
    # Both bring in what an unchanged fleet does without, such as the YAML library.
    from reconciler.config.source import allowance, parse  # noqa: PLC0415 - a cached fleet needs no yaml
    from reconciler.config.syntax import decode  # noqa: PLC0415 - the same

    roots: list[tuple[Text, Node]] = []
    problems: list[Diagnostic] = []
    allowed = allowance()
    for one in files:
        text = decode(one)
        if isinstance(text, Diagnostic):
            problems.append(text)
            continue
        root, said = parse(text, allowed=allowed)
        problems += said
        if root is not None:
            roots.append((text, root))
        if len(problems) > MOST_PROBLEMS:
            break
    places, clashes = unite(roots)
    oversize = tuple(islice(too_large(places), MOST_PROBLEMS))
    mappings = all(root.entries is not None for _, root in roots)
    whole = len(roots) == len(files) and mappings and not oversize
    return _Reading(places, (*problems, *clashes, *oversize), whole)


def _check(
    merged: Merged, read: Callable[[], _Reading], build: _Flags, found: tuple[Diagnostic, ...] = ()
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    """The spec with the warnings; places are asked for only when there is something to say."""
    spec, refused = validate(merged)
    problems: list[Problem] = [*refused]
    if merged.required_version is not None and (problem := check_required(merged.required_version, VERSION)):
        problems.append(problem)
    flags: tuple[Diagnostic, ...] = ()
    if spec is not None:
        problems += islice(well_founded(check(spec), {one.path for one in problems}), MOST_PROBLEMS + 1)
        catalogue = build.of(refused=any(one.severity is Severity.ERROR for said in (problems, found) for one in said))
        flags = _check_flags(spec, catalogue) if catalogue else ()
    if problems or flags:
        places = read().places
        said = {one.position for one in found}
        # A flag that many models inherit is one problem.
        placed = {(one.code, one.path): one for one in map(places.place, reversed(flags))}
        more = (*places.diagnose(problems), *reversed(placed.values()))
        # What the reader has refused already needs no second problem at its place.
        found = (*found, *(one for one in more if one.position not in said))
    if spec is None or any(one.severity is Severity.ERROR for one in found):
        raise _config_error(found)
    return spec, found


def _check_flags(spec: FleetSpec, catalogue: Catalogue) -> tuple[Diagnostic, ...]:
    from reconciler.llama.check import check_flags  # noqa: PLC0415 - not needed without a catalogue

    return check_flags(spec, catalogue)


def _config_error(found: Sequence[Diagnostic]) -> ConfigError:
    ordered = sorted(found, key=lambda one: (one.position or Position(file=""), one.code))
    errors = [one for one in ordered if one.severity is Severity.ERROR]
    if len(errors) > MOST_PROBLEMS:
        ordered = errors[:MOST_PROBLEMS]
        count = f"more than {MOST_PROBLEMS} problems"
    else:
        count = f"{len(errors)} problem{'s' if len(errors) != 1 else ''}"
    files = dict.fromkeys(f"`{one.position.file}`" for one in ordered if one.position)
    subject = ", ".join(files) if len(files) <= 3 else f"the configuration in {len(files)} files"  # noqa: PLR2004 - fits a line
    verb = "are" if 1 < len(files) <= 3 else "is"  # noqa: PLR2004 - fits a line - more are not listed
    summary = f"{subject or 'the configuration'} {verb} not valid: {count}"
    return ConfigError(summary, diagnostics=tuple(ordered))
