"""Mends files by the edits that are certain, as long as every edit leaves all files at least as good as they were."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.config.files import RawFile
from reconciler.config.source import parse
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
        more: whether some of that can be mended by doing all this again.
    """

    files: tuple[RawFile, ...]
    applied: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    more: bool = False


def mend(files: Sequence[RawFile], diagnose: Diagnose, rounds: int = ROUNDS) -> Mended:
    """Applies every edit that is certain, again and again until there is none."""
    now, found = tuple(files), diagnose(files)
    applied: list[Diagnostic] = []
    refused = set[Diagnostic]()
    for _ in range(rounds):
        wanted = [one for one in _certain(found) if one not in refused]
        if not wanted:
            break
        chosen, after = wanted, diagnose(_edited(now, wanted))
        if not _is_good(after, found):
            chosen, after = [], found
            for one in wanted:
                then = diagnose(_edited(now, [*chosen, one]))
                if _is_good(then, found):
                    chosen, after = [*chosen, one], then
                else:
                    refused.add(one)
        now, found = _edited(now, chosen), after
        applied += chosen
    more = any(one not in refused for one in _certain(found))
    return Mended(files=now, applied=tuple(applied), left=found, more=more)


def named_builds(files: Iterable[RawFile]) -> set[str]:
    """What the files say, in any profile too, that llama-server is; also where they have no other meaning."""
    texts = (text for text in map(decode, files) if isinstance(text, Text))
    trees = [root.value for root in (parse(text)[0] for text in texts) if root and isinstance(root.value, dict)]
    profiles = (tree["profiles"].values() for tree in trees if isinstance(tree.get("profiles"), dict))
    every = (*trees, *(one for some in profiles for one in some if isinstance(one, dict)))
    return {str(tree["llama_server"]) for tree in every if tree.get("llama_server") is not None}


def _certain(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One for each place: what models share is said once for each way in which it is wrong."""
    certain = {
        one.position: one
        for one in found
        if one.position and one.position.line and one.fix and one.fix.applicability is Applicability.CERTAIN
    }
    return list(certain.values())


def _is_good(after: Sequence[Diagnostic], before: Sequence[Diagnostic]) -> bool:
    """Whether no file has an error now that had none, and none is less readable: of each kind there is no more."""
    now, then = _errors(after), _errors(before)
    return {file for file, _ in now} <= {file for file, _ in then} and all(
        count <= then[file, code] for (file, code), count in now.items() if code.startswith(UNREADABLE)
    )


def _errors(found: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    errors = (one for one in found if one.severity is Severity.ERROR)
    return Counter((one.position.file, one.code) for one in errors if one.position)


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
