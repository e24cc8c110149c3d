"""The bytes of the configuration: which files there are, and why one of them cannot be read."""

import hashlib
import stat
import sys
from collections.abc import Iterable, Sequence
from os.path import abspath, dirname
from pathlib import Path

from reconciler.config.text import Place, Text, problem_at
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError

MAX_BYTES = 10 * 1024 * 1024
STDIN = "<stdin>"
SUFFIXES = frozenset({".yaml", ".yml"})


@frozen
class RawFile:
    """One file as bytes; `shown` is how the user speaks of it."""

    path: Path
    shown: str
    data: bytes

    @property
    def directory(self) -> str:
        """Absolute, not resolved: `..` in a file means what the user sees."""
        return dirname(abspath(self.path))  # noqa: PTH100, PTH120 - resolve() would follow links


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


def gather(paths: Sequence[Path]) -> tuple[tuple[RawFile, ...], tuple[Diagnostic, ...]]:
    """Reads every file once, in the order given, a directory's files by name; what cannot be read is a diagnostic."""
    files: dict[str, RawFile] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        try:
            found = list(_files_of(path))
            if not found:
                problems.append(_no_yaml(path))
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        for one in found:
            outcome = _read(one)
            if isinstance(outcome, RawFile):
                files.setdefault(abspath(one), outcome)  # noqa: PTH100 - the same file twice is one file
            else:
                problems.append(outcome)
    return tuple(files.values()), tuple(problems)


def standard_input() -> RawFile | Diagnostic:
    """What comes by a pipe, as a file of the working directory."""
    return _within_limits(Path(STDIN), STDIN, sys.stdin.buffer.read(MAX_BYTES + 1))


def content_digest(files: Iterable[RawFile]) -> str:
    """One text for all that was read; changes with any byte and with the set of files."""
    digest = hashlib.sha256()
    for one in files:
        digest.update(f"{abspath(one.path)}\0{len(one.data)}\0".encode("utf-8", "surrogateescape"))  # noqa: PTH100 - keeps links
        digest.update(one.data)
    return digest.hexdigest()


def _files_of(path: Path) -> Iterable[Path]:
    if not stat.S_ISDIR(path.stat().st_mode):
        return [path]
    visible = (one for one in path.iterdir() if one.suffix in SUFFIXES and not one.name.startswith("."))
    return sorted(one for one in visible if not one.is_dir())


def _read(path: Path) -> RawFile | Diagnostic:
    shown = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _whole(shown, "E0112", f"`{shown}` is not a regular file", hint="write the configuration to a file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(path, error)
    return _within_limits(path, shown, data)


def _within_limits(path: Path, shown: str, data: bytes) -> RawFile | Diagnostic:
    if len(data) > MAX_BYTES:
        detail = "expected at most 10 MiB"
        return _whole(shown, "E0111", f"`{shown}` is too large", detail=detail, hint="divide it into several files")
    return RawFile(path=path, shown=shown, data=data)


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    summary = f"`{path}` cannot be read: {error.strerror or error}"
    return _whole(str(path), "E0112", summary, hint="mend the path or its permissions, or name another with `--config`")


def _no_yaml(path: Path) -> Diagnostic:
    detail = "expected at least one file that ends in `.yaml` or `.yml`; hidden files and subdirectories do not count"
    hint = f"write `{path / 'fleet.yaml'}`"
    return _whole(str(path), "E0113", f"the directory `{path}` has no YAML file", detail=detail, hint=hint)


def _whole(shown: str, code: str, summary: str, *, detail: str = "", hint: str = "") -> Diagnostic:
    return problem_at(Place(Text(shown, "", "")), code, summary, detail=detail, hint=hint)
