"""From options to the fleet, the llama-server and the world that they name."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reconciler.cli.directory import config_paths, directory_of, named_directory
from reconciler.cli.fleet import read_fleet
from reconciler.cli.request import Common
from reconciler.config.load import LoadedFleet
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import BinaryIdentity
from reconciler.errors import LlamaServerError, RuntimeFailure
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check import check_flags
from reconciler.runtime.binary import Build, cached, find_binary, read_build
from reconciler.runtime.files import HostFiles, cache_of
from reconciler.runtime.world import World
from reconciler.version import VERSION

__all__ = ["Site", "cache_of", "find_build", "open_site", "open_world"]


@frozen
class Site:
    """
    One fleet with its place.

    Attributes:
        directory: of the store; need not exist.
        build: the llama-server, or what a catalogue file says of one.
        is_catalogue: whether there is a file of flags in place of a program.
    """

    fleet: LoadedFleet
    directory: Path
    build: Build
    is_catalogue: bool = False


def open_site(common: Common) -> Site:
    """
    The fleet, checked against the flags of its llama-server.

    Raises:
        ConfigError: with every problem.
        LlamaServerError: when there is no llama-server.
    """
    paths = config_paths(common)
    named = named_directory(common.store)
    fleet = _loaded(common, paths, cache_of(named) if named else None)
    directory = named or directory_of(fleet.spec.fleet)
    build = find_build(common, fleet.spec.llama_server, cache_of(directory))
    problems = _flag_problems(fleet, build, cache_of(directory))
    if any(one.severity is Severity.ERROR for one in problems):
        # Read again with the flags at hand, which says all that is wrong in one go.
        fleet = read_fleet(common, paths, always=build.catalogue)
        problems = ()
    if common.verbose:
        files = ", ".join(map(str, fleet.files))
        if common.profile:
            common.output.note(f"profiles: {', '.join(common.profile)}")
        common.output.note(f"files: {files}\nstore: {directory}\nllama-server: {build.identity.path}")
    diagnostics = (*fleet.diagnostics, *map(fleet.placed, problems))
    return Site(
        fleet=replace(fleet, diagnostics=diagnostics),
        directory=directory,
        build=build,
        is_catalogue=not build.identity.size,
    )


def open_world(directory: Path, build: Build) -> World:
    """This machine, with its ports; `directory` is that of the store."""
    from reconciler.runtime.local_world import local_world  # noqa: PLC0415 - brings asyncio and more, for who looks

    return local_world(directory, build)


def _flag_problems(fleet: LoadedFleet, build: Build, cache: Path | None) -> tuple[Diagnostic, ...]:
    """
    What the build cannot take; not asked twice of a program that could take all, while both sides are as they were.

    A catalogue file is asked each time: nothing but its version text tells it from another one.
    """
    places = (str(path.resolve()) for path in fleet.files)
    facts = (fleet.digest, *places, str(build.identity), VERSION, os.environ.get("HOME", ""))
    # A path may be no UTF-8.
    mark = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()
    file = cache / "checked" if cache and build.identity.size else None
    # It is a cache: where it cannot be read or written, the check is made again.
    with suppress(OSError):
        if file and file.read_bytes() == mark.encode():
            return ()
    problems = check_flags(fleet.spec, build.catalogue)
    with suppress(RuntimeFailure, OSError):
        if file and not problems:
            HostFiles().write(file, mark)
    return problems


def _loaded(common: Common, paths: Sequence[Path], cache: Path | None) -> LoadedFleet:
    """
    The fleet alone. One that is not valid is held against the flags of the build that would be used without it.

    Raises:
        ConfigError: with every problem, those of flags too where a llama-server can be found.
    """

    def flags() -> Catalogue | None:
        try:
            return find_build(common, None, None).catalogue
        except LlamaServerError:
            return None

    return read_fleet(common, paths, cache=cache, when_refused=flags)


def find_build(common: Common, setting: str | None, cache: Path | None) -> Build:
    """
    The build that `--llama-server`, the configuration or the machine names.

    Raises:
        LlamaServerError: when there is none, or the file is neither a program nor a catalogue.
    """
    option = common.llama_server
    if option and (found := _catalogue_file(Path(option).expanduser())):
        identity = BinaryIdentity(path="llama-server", size=0, mtime_ns=0, version=found.build)
        return Build(identity=identity, catalogue=found)
    path = find_binary(setting=setting, option=option, environ=os.environ)
    return cached(path, cache) if cache else read_build(path)


def _catalogue_file(path: Path) -> Catalogue | None:
    """The flags in a file like those of schemas/llama-server; nothing when it is something else."""
    if path.suffix != ".json":
        return None
    try:
        return Catalogue.from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        summary = f"cannot read the catalogue `{path}`: {error}"
        raise LlamaServerError(summary, hint="name a llama-server, or a file of schemas/llama-server") from error
