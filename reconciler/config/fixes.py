"""Mends files by the edits that are certain, as long as every edit leaves all files at least as good as they were."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.config.files import RawFile
from reconciler.config.syntax import decode
from reconciler.config.text import LINE_END, Text
from reconciler.domain.diagnostic import Applicability, Diagnostic, Severity
from reconciler.domain.frozen import frozen

Diagnose = Callable[[Sequence[RawFile]], tuple[Diagnostic, ...]]

ROUNDS = 10
"""An edit may uncover the next problem; more than a few in a row are none of a person."""

UNREADABLE = "E01"
"""How codes of files begin that cannot be understood: nothing else is known of them."""


@frozen
class Mended:
    """
    What came of it.

    Attributes:
        files: all files in their order, the mended ones with their new content.
        applied: the problems that are gone, each with the edit that mended it.
        left: what can still be said.
    """

    files: tuple[RawFile, ...]
    applied: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def mend(files: Sequence[RawFile], diagnose: Diagnose) -> Mended:
    """Applies every edit that is certain, again and again until there is none."""
    now, found = tuple(files), diagnose(files)
    applied: list[Diagnostic] = []
    refused = set[Diagnostic]()
    for _ in range(ROUNDS):
        wanted = [one for one in _certain(found) if one not in refused]
        if not wanted:
            break
        chosen = wanted if _is_good(_edited(now, wanted), found, diagnose) else []
        if not chosen:
            for one in wanted:
                good = _is_good(_edited(now, [*chosen, one]), found, diagnose)
                (chosen.append if good else refused.add)(one)
        now = _edited(now, chosen)
        found = diagnose(now)
        applied += chosen
    return Mended(files=now, applied=tuple(applied), left=found)


def _certain(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One for each place: what models share is said once for each way in which it is wrong."""
    certain = {
        one.position: one
        for one in found
        if one.position and one.position.line and one.fix and one.fix.applicability is Applicability.CERTAIN
    }
    return list(certain.values())


def _is_good(files: Sequence[RawFile], before: Sequence[Diagnostic], diagnose: Diagnose) -> bool:
    """Whether no file has an error now that had none, and none of them lost its meaning."""
    after = diagnose(files)
    return _wrong(after) <= _wrong(before) and _wrong(after, UNREADABLE) <= _wrong(before, UNREADABLE)


def _wrong(found: Iterable[Diagnostic], code: str = "E") -> set[str]:
    errors = (one for one in found if one.severity is Severity.ERROR and one.code.startswith(code))
    return {one.position.file for one in errors if one.position}


def _edited(files: Sequence[RawFile], wanted: Sequence[Diagnostic]) -> tuple[RawFile, ...]:
    return tuple(
        _edit(file, [one for one in wanted if one.position and one.position.file == file.shown]) for file in files
    )


def _edit(file: RawFile, wanted: Sequence[Diagnostic]) -> RawFile:
    """The last place first, so that the others stay where they are."""
    text = decode(file)
    if not wanted or not isinstance(text, Text):
        return file
    content = text.content
    lines = [0, *(match.end() for match in LINE_END.finditer(content))]
    for one in sorted(wanted, key=lambda one: (one.position is not None, one.position), reverse=True):
        if one.position and one.fix:
            start = lines[one.position.line - 1] + one.position.column - 1
            content = content[:start] + one.fix.replacement + content[start + one.position.length :]
    return replace(file, data=content.encode())
