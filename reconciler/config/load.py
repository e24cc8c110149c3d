"""`load_fleet`: from paths to a fleet whose every value can be traced to a line, or to all that is wrong with it."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache as once
from pathlib import Path

from reconciler.config.cache import cache_file, recall, remember
from reconciler.config.files import RawFile, content_digest, default_paths, gather
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
from reconciler.domain.diagnostic import Diagnostic, Position, Severity
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.fleet import FleetSpec
from reconciler.version import VERSION

__all__ = ["LoadedFleet", "default_paths", "diagnose", "load_fleet"]


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


def load_fleet(paths: Sequence[Path], *, catalogue: Catalogue | None = None, cache: Path | None = None) -> LoadedFleet:
    """
    Reads, merges and checks a configuration.

    Args:
        paths: files and directories, as the user gave them.
        catalogue: the flags of the build to check against; nothing leaves that check out.
        cache: a directory for parsed trees, created when needed; nothing parses each time.

    Raises:
        ConfigError: with every problem that could be found.
    """
    files, unreadable = gather(paths)
    if not files:
        raise _config_error(unreadable)
    digest = content_digest(files)
    with _no_collection():
        spec, warnings = _load(files, unreadable, catalogue, cache_file(cache, digest) if cache else None)
    return LoadedFleet(
        spec=spec,
        diagnostics=warnings,
        origin=origin_of(Path(files[0].directory)),
        files=tuple(one.path for one in files),
        digest=digest,
        # Parsed anew when somebody asks: the places of a large fleet are too much to keep just in case.
        _places=once(lambda: _read(files).places),
    )


def diagnose(files: Sequence[RawFile], *, catalogue: Catalogue | None = None) -> tuple[Diagnostic, ...]:
    """Everything that can be said about these contents, which need not be those on the disk."""
    try:
        with _no_collection():
            return _load(files, (), catalogue, None)[1]
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


def _load(
    files: Sequence[RawFile], unreadable: tuple[Diagnostic, ...], catalogue: Catalogue | None, remembered: Path | None
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    read = once(lambda: _read(files))
    if remembered and not unreadable and (merged := recall(remembered)):
        return _check(merged, read, catalogue)
    reading = read()
    if unreadable or not reading.whole:
        raise _config_error((*unreadable, *reading.problems))
    merged = complete(reading.places)
    checked = _check(merged, read, catalogue, reading.problems)
    # What the reader warned of would not be said again.
    if remembered and not reading.problems:
        remember(remembered, merged)
    return checked


def _read(files: Sequence[RawFile]) -> _Reading:
    # Both bring in what an unchanged fleet does without, such as the YAML library.
    from reconciler.config.renamed import with_new_names  # noqa: PLC0415 - a cached fleet has them already
    from reconciler.config.source import parse  # noqa: PLC0415 - a cached fleet needs no yaml
    from reconciler.config.syntax import decode  # noqa: PLC0415 - the same

    roots: list[tuple[Text, Node]] = []
    problems: list[Diagnostic] = []
    for one in files:
        text = decode(one)
        if isinstance(text, Diagnostic):
            problems.append(text)
            continue
        root, said = parse(text)
        problems += said
        if root is not None:
            root, renamed = with_new_names(root)
            problems += renamed
            roots.append((text, root))
    places, clashes = unite(roots)
    mappings = all(root.entries is not None for _, root in roots)
    return _Reading(places, (*problems, *clashes), len(roots) == len(files) and mappings)


def _check(
    merged: Merged, read: Callable[[], _Reading], catalogue: Catalogue | None, found: tuple[Diagnostic, ...] = ()
) -> tuple[FleetSpec, tuple[Diagnostic, ...]]:
    """The spec with the warnings; places are asked for only when there is something to say."""
    spec, refused = validate(merged)
    problems: list[Problem] = [*refused]
    if merged.required_version is not None and (problem := check_required(merged.required_version, VERSION)):
        problems.append(problem)
    flags: tuple[Diagnostic, ...] = ()
    if spec is not None:
        problems += well_founded(check(spec), {one.path for one in problems})
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
    errors = sum(1 for one in ordered if one.severity is Severity.ERROR)
    files = dict.fromkeys(f"`{one.position.file}`" for one in ordered if one.position)
    subject = ", ".join(files) if len(files) <= 3 else f"the configuration in {len(files)} files"  # noqa: PLR2004 - fits a line
    verb = "are" if 1 < len(files) <= 3 else "is"  # noqa: PLR2004 - fits a line - more are not listed
    summary = f"{subject or 'the configuration'} {verb} not valid: {errors} problem{'s' if errors != 1 else ''}"
    return ConfigError(summary, diagnostics=tuple(ordered))
