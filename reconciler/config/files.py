"""The bytes of the configuration: which files there are, and why one of them cannot be read."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from os.path import abspath, dirname, realpath
from pathlib import Path

from reconciler.config.text import Place, Refusal, Text
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError

MAX_MIB = 10
MAX_BYTES = MAX_MIB * 1024 * 1024
"""Of one file, and of all together."""

MAX_FILES = 10_000

STDIN = "<stdin>"
SUFFIXES = frozenset({".yaml", ".yml"})


@frozen
class RawFile:
    """
    One file as bytes.

    Attributes:
        path: absolute or from the working directory, as the user would reach it.
        identity: device and inode: two paths to one file are one file.
    """

    path: Path
    data: bytes
    identity: tuple[int, int]

    @property
    def shown(self) -> str:
        """How the user speaks of it."""
        return str(self.path)

    @property
    def directory(self) -> str:
        """Absolute, not resolved: `..` in a file means what the user sees."""
        return dirname(abspath(self.path))  # noqa: PTH100, PTH120 - resolve() would follow links


class Shelf:
    """Reads every file once, however many ways lead to it, and only so many files and bytes."""

    def __init__(self) -> None:
        self._outcomes: dict[str, RawFile | Refusal] = {}
        self._files: dict[tuple[int, int], RawFile] = {}
        self._bytes = 0

    def read(self, path: Path) -> RawFile | Refusal:
        """The file, the same value for the same file."""
        key = abspath(path)  # noqa: PTH100 - a link is another way, not another file: its inode tells
        if key not in self._outcomes:
            self._outcomes[key] = self._look(path)
        return self._outcomes[key]

    def _look(self, path: Path) -> RawFile | Refusal:
        try:
            facts = path.stat()
            if known := self._files.get((facts.st_dev, facts.st_ino)):
                return known
            if not stat.S_ISREG(facts.st_mode) or _of_the_kernel(path, facts):
                hint = "write the configuration to a file"
                return Refusal(code="E0112", summary=f"`{path}` is not a regular file", hint=hint)
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            return unreadable(path, error)
        return self._keep(RawFile(path=path, data=data, identity=(facts.st_dev, facts.st_ino)))

    def put(self, file: RawFile) -> None:
        """Takes these contents in place of those on the disk."""
        self._files[file.identity] = file

    def _keep(self, file: RawFile) -> RawFile | Refusal:
        if isinstance(refused := _small_enough(file), Refusal):
            return refused
        self._bytes += len(file.data)
        if len(self._files) >= MAX_FILES or self._bytes > MAX_BYTES:
            summary = "there are too many files, or too much in them"
            detail = f"expected at most {MAX_FILES:,} files and {MAX_MIB} MiB"
            return Refusal(code="E0603", summary=summary, detail=detail, hint="look for a pattern that takes too much")
        self._files[file.identity] = file
        return file


def default_paths(directory: Path) -> tuple[Path, ...]:
    """
    What is read when the user names nothing: `fleet.yaml`, else the directory `fleet`.

    Raises:
        ConfigError: when there is neither.
    """
    for candidate in (directory / "fleet.yaml", directory / "fleet"):
        if candidate.exists():
            return (candidate,)
    raise ConfigError(
        "there is no configuration here: neither `fleet.yaml` nor a directory `fleet`",
        detail=f"looked in {directory}",
        hint="write a `fleet.yaml`, or name the file or directory with `--config PATH`",
    )


def gather(paths: Sequence[Path], shelf: Shelf | None = None) -> tuple[tuple[RawFile, ...], tuple[Diagnostic, ...]]:
    """Reads every file once, in the order given, a directory's files by name; what cannot be read is a diagnostic."""
    shelf = shelf or Shelf()
    files: dict[tuple[int, int], RawFile] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        found = files_of(path)
        if isinstance(found, Refusal):
            problems.append(found.at(_whole(path)))
            continue
        for one in found:
            outcome = shelf.read(one)
            if isinstance(outcome, RawFile):
                files.setdefault(outcome.identity, outcome)
            else:
                problems.append(outcome.at(_whole(one)))
                if outcome.code == "E0603":
                    return tuple(files.values()), tuple(problems)
    return tuple(files.values()), tuple(problems)


def files_of(path: Path) -> list[Path] | Refusal:
    """The file, or the YAML files of the directory, sorted; hidden ones and subdirectories do not count."""
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            return [path]
        visible = (one for one in path.iterdir() if one.suffix in SUFFIXES and not one.name.startswith("."))
        return sorted(one for one in visible if not one.is_dir()) or _no_yaml(path)
    except OSError as error:
        return unreadable(path, error)


def standard_input() -> RawFile | Diagnostic:
    """What comes by a pipe, as a file of the working directory."""
    found = _small_enough(RawFile(path=Path(STDIN), data=sys.stdin.buffer.read(MAX_BYTES + 1), identity=(0, 0)))
    return found if isinstance(found, RawFile) else found.at(_whole(Path(STDIN)))


def content_digest(files: Iterable[RawFile]) -> str:
    """One text for all that was read; changes with any byte and with the set of files."""
    digest = hashlib.sha256()
    for one in files:
        digest.update(f"{abspath(one.path)}\0{len(one.data)}\0".encode("utf-8", "surrogateescape"))  # noqa: PTH100 - keeps links
        digest.update(one.data)
    return digest.hexdigest()


def _of_the_kernel(path: Path, facts: os.stat_result) -> bool:
    """Such files call themselves regular and empty; reading one, such as `/proc/kmsg`, may never end."""
    return facts.st_size == 0 and realpath(path).startswith(("/proc/", "/sys/"))


def _small_enough(file: RawFile) -> RawFile | Refusal:
    if len(file.data) <= MAX_BYTES:
        return file
    summary, hint = f"`{file.shown}` is too large", "divide it into several files"
    return Refusal(code="E0111", summary=summary, detail=f"expected at most {MAX_MIB} MiB", hint=hint)


def unreadable(path: Path, error: OSError) -> Refusal:
    """What the system says, and what to do."""
    summary = f"`{path}` cannot be read: {error.strerror or error}"
    return Refusal(code="E0112", summary=summary, hint="mend the path or its permissions, or name another one")


def _no_yaml(path: Path) -> Refusal:
    detail = "expected at least one file that ends in `.yaml` or `.yml`; hidden files and subdirectories do not count"
    summary, hint = f"the directory `{path}` has no YAML file", f"write `{path / 'fleet.yaml'}`"
    return Refusal(code="E0113", summary=summary, detail=detail, hint=hint)


def _whole(path: Path) -> Place:
    return Place(Text(str(path), "", ""))
