"""The bytes of the configuration: which files there are, and why one of them cannot be read."""

import hashlib
import stat
from collections.abc import Iterable, Sequence
from os.path import abspath, dirname
from pathlib import Path

from reconciler.config.text import Place, Text, problem_at
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError

MAX_BYTES = 10 * 1024 * 1024
"""Of one file, and of all together."""

MAX_FILES = 10_000
"""Of one directory."""

TOO_LARGE = "E0111"
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
    left = MAX_BYTES
    for path in paths:
        try:
            found = list(_files_of(path))
            if len(found) > MAX_FILES:
                return (), (*problems, _too_many(path, len(found)))
            if not found:
                problems.append(_no_yaml(path))
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        for one in found:
            outcome = _read(one, left)
            if isinstance(outcome, RawFile):
                left -= 0 if abspath(one) in files else len(outcome.data)  # noqa: PTH100 - the same file twice is one
                files.setdefault(abspath(one), outcome)  # noqa: PTH100 - as above
            else:
                problems.append(outcome)
                if outcome.code == TOO_LARGE:
                    return tuple(files.values()), tuple(problems)
    return tuple(files.values()), tuple(problems)


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
    names = sorted(visible)
    return names if len(names) > MAX_FILES else [one for one in names if not one.is_dir()]


def _read(path: Path, left: int) -> RawFile | Diagnostic:
    shown = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _whole(shown, "E0112", f"`{shown}` is not a regular file", hint="write the configuration to a file")
        with path.open("rb") as stream:
            data = stream.read(left + 1)
    except OSError as error:
        return _unreadable(path, error)
    if len(data) > left:
        summary = f"`{shown}` is too large" if left == MAX_BYTES else f"the files up to `{shown}` are too large"
        detail, hint = "expected at most 10 MiB in all files together", "divide the fleet into several"
        return _whole(shown, TOO_LARGE, summary, detail=detail, hint=hint)
    return RawFile(path=path, shown=shown, data=data)


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    summary = f"`{path}` cannot be read: {error.strerror or error}"
    return _whole(str(path), "E0112", summary, hint="mend the path or its permissions, or name another with `--config`")


def _no_yaml(path: Path) -> Diagnostic:
    detail = "expected at least one file that ends in `.yaml` or `.yml`; hidden files and subdirectories do not count"
    hint = f"write `{path / 'fleet.yaml'}`"
    return _whole(str(path), "E0113", f"the directory `{path}` has no YAML file", detail=detail, hint=hint)


def _too_many(path: Path, found: int) -> Diagnostic:
    detail = f"expected at most {MAX_FILES:,} YAML files, got {found:,}"
    return _whole(str(path), TOO_LARGE, f"`{path}` has too many files", detail=detail, hint="put more models into each")


def _whole(shown: str, code: str, summary: str, *, detail: str = "", hint: str = "") -> Diagnostic:
    return problem_at(Place(Text(shown, "", "")), code, summary, detail=detail, hint=hint)
