"""One problem, with its place, its reason and the way out."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.domain.frozen import frozen

MOST_PROBLEMS = 200
"""How many are listed, and looked for: who has more mends these first."""


class Severity(StrEnum):
    """Errors stop a run before anything is touched; warnings never change an exit code."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """
    A place in a configuration file.

    Attributes:
        file: the path as the user gave it.
        line: counted from 1; 0 says "the file as a whole".
        column: counted from 1, in characters.
        length: how many characters the marker underlines.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 1


class Applicability(StrEnum):
    """Whether a program may mend it without asking."""

    CERTAIN = "machine-applicable"
    GUESS = "maybe-incorrect"


@frozen
class Fix:
    """An edit that mends a problem: the text to put in place of what the position of the diagnostic marks."""

    replacement: str
    applicability: Applicability = Applicability.CERTAIN


@frozen
class Diagnostic:
    """
    A problem as a value.

    Attributes:
        code: stable, `E0103` or `W0201`; `reconcile explain CODE` is keyed by it.
        summary: one line that names the thing.
        detail: expected and got, and other places that take part in it.
        path: the key in the configuration, `models.coder.memory.ctx_size`.
        snippet: the source line of `position`, without its line end.
        hint: an edit or a command.
        at_key: whether the key of `path` is meant and not its value; for whoever finds the position.
    """

    code: str
    severity: Severity = Severity.ERROR
    summary: str
    detail: str = ""
    path: str = ""
    position: Position | None = None
    snippet: str = ""
    hint: str = ""
    fix: Fix | None = None
    resource: str = ""
    at_key: bool = False
