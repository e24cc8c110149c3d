"""A problem that knows a path of the configuration and not yet a place in a file."""

from dataclasses import dataclass

from reconciler.config.node import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    What validation and rules find.

    Attributes:
        at_key: whether the key is wrong, and not its value.
        others: paths that take part in it; their places are named in the detail.
        secret: whether the value may be one, so that its line is not shown.
    """

    code: str
    summary: str
    path: Path
    detail: str = ""
    hint: str = ""
    at_key: bool = False
    others: tuple[Path, ...] = ()
    secret: bool = False


def dotted(path: Path) -> str:
    """A path as people read it."""
    return ".".join(map(str, path))
