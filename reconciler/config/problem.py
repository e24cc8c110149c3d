"""A problem that knows a path of the configuration and not yet a place in a file."""

from collections.abc import Collection, Iterable, Iterator

from reconciler.config.edits import Edit
from reconciler.config.node import Path
from reconciler.domain.diagnostic import Severity
from reconciler.domain.frozen import frozen

WITHOUT_QUOTES = "write it without quotes"
"""How a hint begins that shows the value without them."""


@frozen
class Problem:
    """
    What validation and rules find.

    Attributes:
        at_key: whether the key is wrong, and not its value.
        others: paths that take part in it; their places are named in the detail.
        rests_on: other values that a rule went by. They are not shown.
        secret: whether the value may be one, so that its line is not shown.
    """

    code: str
    severity: Severity = Severity.ERROR
    summary: str
    path: Path
    detail: str = ""
    hint: str = ""
    edit: Edit | None = None
    at_key: bool = False
    others: tuple[Path, ...] = ()
    rests_on: tuple[Path, ...] = ()
    secret: bool = False


def dotted(path: Path) -> str:
    """A path as people read it."""
    return ".".join(map(str, path))


def well_founded(problems: Iterable[Problem], refused: Collection[Path]) -> Iterator[Problem]:
    """Without those that only follow from a refused value: a rule looked at what is left when it was taken out."""
    wrong = frozenset(refused)
    holders = {path[:end] for path in wrong for end in range(len(path))}
    for problem in problems:
        looked_at = (problem.path, *problem.others, *problem.rests_on)
        if problem.path not in holders and not any(_is_within(path, wrong) for path in looked_at):
            yield problem


def _is_within(path: Path, wrong: Collection[Path]) -> bool:
    return any(path[:end] in wrong for end in range(len(path) + 1))
