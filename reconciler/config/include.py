"""What one line of `include` stands for: a file, the YAML files of a directory, or those that fit a pattern."""

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from os.path import expanduser, join, normpath
from pathlib import Path
from typing import NamedTuple

from reconciler.config.files import SUFFIXES, RawFile, Shelf, files_of, unreadable
from reconciler.config.text import Refusal, printable

MAX_DIRECTORIES = 2_000
MAX_SIBLINGS = 200
"""Names in a directory among which the nearest is looked for, each time that a file is absent."""

MAGIC = re.compile(r"[*?\[]")
DEEP = "**"


class Inclusion(NamedTuple):
    """
    One line of `include`.

    Attributes:
        number: of the file that says it, in the order of reading.
    """

    number: int
    wanted: str


def is_pattern(wanted: str) -> bool:
    """Whether it may stand for files that it does not name."""
    return MAGIC.search(wanted) is not None


def expand(wanted: str, including: Path) -> list[Path] | Refusal:
    """
    The files, sorted. One that leads nowhere is refused: a slip of the pen must not take models away.

    Args:
        wanted: relative to the file that says it, absolute, or from `~/`.
    """
    path = _path(wanted, including)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _matching(wanted, path) if is_pattern(wanted) else _absent(wanted, path, including)
    except OSError as error:
        return unreadable(path, error)
    return files_of(path)


def read_again(files: Sequence[RawFile], inclusions: Iterable[tuple[int, str]], shelf: Shelf) -> tuple[RawFile, ...]:
    """The files that an earlier reading took, as they are now and without parsing; less when one is gone."""
    order = list(files)
    known = {file.identity for file in files}
    for number, wanted in inclusions:
        paths = expand(wanted, order[number].path) if number < len(order) else None
        for path in paths if isinstance(paths, list) else ():
            if isinstance(file := shelf.read(path), RawFile) and file.identity not in known:
                known.add(file.identity)
                order.append(file)
    return tuple(order)


def _path(wanted: str, including: Path) -> Path:
    home = expanduser(wanted) if wanted.startswith("~/") else wanted  # noqa: PTH111 - text, not a look at the host
    return Path(normpath(join(including.parent, home)))  # noqa: PTH118 - a link on the way stays one


def _matching(wanted: str, path: Path) -> list[Path] | Refusal:
    try:
        found = _search(path)
    except OSError as error:
        return unreadable(Path(error.filename or path), error)
    if found is None:
        detail = f"it looks into more than {MAX_DIRECTORIES} directories"
        hint = "begin it with the directory that the files are in"
        return Refusal(code="E0603", summary=f"`{printable(wanted)}` goes too far", detail=detail, hint=hint)
    if not found:
        detail = "a pattern takes files that end in `.yaml` or `.yml`, and no hidden ones"
        summary, hint = f"`{printable(wanted)}` fits no file", "mend the pattern, or remove it"
        return Refusal(code="E0601", summary=summary, detail=detail, hint=hint)
    return sorted(found)


def _search(path: Path) -> set[Path] | None:
    """What fits; nothing when there is no end to it. `**` goes into no linked directory, so that no loop catches it."""
    parts = path.parts
    start = next(index for index, part in enumerate(parts) if is_pattern(part))
    todo: list[tuple[Path, tuple[str, ...]]] = [(Path(*parts[:start]), parts[start:])]
    found: set[Path] = set()
    looked = 0
    while todo:
        here, (first, *rest) = todo.pop()
        looked += 1
        if looked > MAX_DIRECTORIES:
            return None
        if first == DEEP:
            todo += [(below, (DEEP, *rest)) for below in _directories(here)]
            first, *rest = rest or ["*"]
        if first == DEEP:
            todo.append((here, (DEEP, *rest)))
        elif rest:
            todo += [(below, tuple(rest)) for below in _fitting(here, first) if below.is_dir()]
        else:
            found.update(one for one in _fitting(here, first) if one.suffix in SUFFIXES and one.is_file())
    return found


def _directories(here: Path) -> list[Path]:
    try:
        with os.scandir(here) as entries:
            visible = (one for one in entries if not one.name.startswith("."))
            return [here / one.name for one in visible if one.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _fitting(here: Path, pattern: str) -> list[Path]:
    if not is_pattern(pattern):
        return [here / pattern] if (here / pattern).exists() else []
    hidden = pattern.startswith(".")
    try:
        inside = list(here.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [one for one in inside if fnmatchcase(one.name, pattern) and one.name.startswith(".") == hidden]


def _absent(wanted: str, path: Path, including: Path) -> Refusal:
    summary, detail = f"`{printable(wanted)}` does not exist", "" if str(path) == wanted else f"looked for {path}"
    if "${" in wanted:
        hint = "write the name out: variables are not replaced in `include`"
        return Refusal(code="E0601", summary=summary, detail=detail, hint=hint)
    try:
        with os.scandir(path.parent) as entries:
            names = [one.name for one in islice(entries, MAX_SIBLINGS + 1)]
    except OSError:
        names = []
    visible = (name for name in names if name[0] != "." and path.parent / name != including)
    siblings = list(visible) if len(names) <= MAX_SIBLINGS else []
    near = difflib.get_close_matches(path.name, siblings, 1) if wanted.endswith(path.name) else []
    hint = f"did you mean `{wanted.removesuffix(path.name)}{near[0]}`?" if near else "mend the path, or remove it"
    return Refusal(code="E0601", summary=summary, detail=detail, hint=hint)
