"""Values of single columns: JSON and numbers that are larger than SQLite's."""

import json
from collections.abc import Iterable, Sequence
from typing import Any


def to_json(value: object) -> str:
    """
    Compact JSON. Only ASCII: an environment may hold bytes that are no text, which SQLite would refuse.
    """
    return json.dumps(value, separators=(",", ":"))


def to_strict_json(value: object) -> str | None:
    """The same, where it is JSON for everybody: infinity is not, and neither is what nests without end."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=dict)
    except (ValueError, RecursionError):
        return None


def from_json_text(text: str) -> Any:
    """The value of one column."""
    return json.loads(text)


def from_json(texts: Iterable[str | None]) -> list[Any]:
    """The values of a whole column, in one parse; `None` stays."""
    found: list[Any] = json.loads(f"[{','.join([text or 'null' for text in texts])}]")
    return found


def to_text(number: int | None) -> str | None:
    """An unsigned number of 64 bits as decimal text; SQLite's integers end at 2^63 - 1."""
    return None if number is None else str(number)


def to_int(text: str | None) -> int | None:
    """The number again."""
    return None if text is None else int(text)


def marks(columns: Sequence[str]) -> str:
    """As many `?` as there are columns."""
    return ", ".join("?" * len(columns))
