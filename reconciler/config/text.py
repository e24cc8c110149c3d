"""The text of one configuration file: places in it, and the lines that a diagnostic may show."""

import re
from collections.abc import Sequence
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

SECRET_KEY = re.compile(rf"(?:{SENSITIVE})s?[\"']?\s*:", re.IGNORECASE)


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
        key_before = SECRET_KEY.search(self.line(number - 1)[-MAX_SNIPPET:].rstrip(" |>-+"))
        secret = SECRET_KEY.search(found) or (key_before and key_before.end() == len(key_before.string))
        return "" if secret or tells_a_secret(found) else found


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


def printable(value: str, limit: int = 60) -> str:
    """Text from a file made fit for one line of a terminal."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in cut)
