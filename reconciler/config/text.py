"""The text of one configuration file: places in it, and the lines that a diagnostic may show."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from reconciler.domain.diagnostic import Diagnostic, Position, Severity
from reconciler.domain.frozen import frozen
from reconciler.spec.sources import SENSITIVE, tells_a_secret

MAX_SNIPPET = 500
"""Longer lines are written by programs; showing one helps nobody."""

MAX_CHAIN = 6

LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML 1.1, by which libyaml counts."""

SECRET_KEY = re.compile(
    rf"{SENSITIVE}[\w-]{{0,40}}[\"']?\s*:|(?<![\w-])-(?:-[\w-]{{0,40}}{SENSITIVE}|hft\b)", re.IGNORECASE
)
"""A key whose value may be a secret, or a flag; whether the value is there too or on a line below."""

OPENED = re.compile(r"(?:\s|[!&][^\s,]*|[|>][-+0-9]*|[{\[\"'])*(?:#.*)?")
"""What may follow such a key on its line when the value comes on another."""


MAX_LOOK = 200
"""Lines."""


@dataclass(frozen=True)
class Text:
    """
    A file as characters.

    Attributes:
        shown: the path as the user gave it; for a file of a directory, below that directory.
        directory: absolute; what relative paths in the file start from.
    """

    shown: str
    directory: str
    content: str

    @cached_property
    def _lines(self) -> list[str]:
        return LINE_END.split(self.content)

    def line(self, number: int) -> str:
        """The line, counted from 1, without its end; nothing when there is none."""
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""

    def snippet(self, number: int) -> str:
        """The line as a diagnostic shows it: nothing when it may hold a secret that somebody wrote out by mistake."""
        found = self.line(number)
        if len(found) > MAX_SNIPPET:
            return ""
        return "" if self.tells_a_secret(number) else found

    def tells_a_secret(self, number: int) -> bool:
        """Whether a line may hold one: by itself, or by a key that it stands below."""
        found = self.line(number)[:MAX_SNIPPET]
        if SECRET_KEY.search(found) or tells_a_secret(found):
            return True
        before = self.line(number - 1)[-MAX_SNIPPET:]
        if any(OPENED.fullmatch(before, match.end()) for match in SECRET_KEY.finditer(before)):
            return True
        return any(SECRET_KEY.search(self.line(above)[:MAX_SNIPPET]) for above in self._above(number))

    def _above(self, number: int) -> Iterator[int]:
        """Lines that begin further to the left, up to the top level; what is far away is not looked for."""
        margin = _margin(self.line(number))
        for above in range(number - 1, max(number - MAX_LOOK, 0), -1):
            if not margin:
                return
            line = self.line(above)
            if line.strip() and _margin(line) < margin:
                margin = _margin(line)
                yield above


class Place(NamedTuple):
    """Where something stands; line and column are counted from 1, line 0 is the file as a whole."""

    text: Text
    line: int = 0
    column: int = 0
    length: int = 1

    @property
    def position(self) -> Position:
        """The place as diagnostics carry it."""
        return Position(file=self.text.shown, line=self.line, column=self.column, length=self.length)

    @property
    def written(self) -> str:
        """The characters that stand there."""
        return self.text.line(self.line)[max(self.column - 1, 0) :][: self.length]

    def __str__(self) -> str:
        """The way in which editors and compilers write a place."""
        return f"{self.text.shown}:{self.line}:{self.column}" if self.line else self.text.shown


def problem_at(
    place: Place, code: str, summary: str, *, detail: str = "", hint: str = "", path: str = ""
) -> Diagnostic:
    """An error at a place, with its line."""
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        summary=summary,
        detail=detail,
        hint=hint,
        path=path,
        position=place.position,
        snippet=place.text.snippet(place.line),
    )


@frozen
class Refusal:
    """What cannot be had and why, by somebody who does not know the place to say it at."""

    code: str
    summary: str
    detail: str = ""
    hint: str = ""
    path: str = ""

    def at(self, place: Place) -> Diagnostic:
        """The problem, at the place that asked."""
        return problem_at(place, self.code, self.summary, detail=self.detail, hint=self.hint, path=self.path)


def way_round(names: Sequence[str]) -> str:
    """A circle as one reads it; of a long one those in the middle say nothing more."""
    half = MAX_CHAIN // 2
    return " → ".join(names if len(names) <= MAX_CHAIN else (*names[:half], "…", *names[-half:]))


def quoted(value: str, place: Place) -> str:
    """What somebody wrote at a place, unless it may be a secret."""
    return "a value that may be a secret" if place.text.tells_a_secret(place.line) else f"`{printable(value)}`"


def printable(value: str, limit: int = 60) -> str:
    """Text from a file made fit for one line of a terminal."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in cut)


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
