"""Values of single columns: JSON and numbers that are larger than SQLite's."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.store.failures import UnusableStoreError


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


def from_json(texts: Iterable[str | None], place: str) -> list[Any]:
    """
    The values of a whole column, in one parse; `None` stays.

    Raises:
        StoreError: somebody has edited them; `place` says where.
    """
    given = [text or "null" for text in texts]
    try:
        found: list[Any] = json.loads(f"[{','.join(given)}]")
    except (ValueError, RecursionError) as error:
        raise unreadable(place, f"expected JSON, got: {error}") from error
    if len(found) != len(given):
        raise unreadable(place, "expected one JSON value in each row")
    return found


def from_other(text: str | None, table: str) -> dict[str, Any]:
    """What the columns of a row could not hold."""
    if text is None:
        return {}
    [found] = from_json((text,), f"{table}.other")
    if not isinstance(found, dict):
        raise unreadable(f"{table}.other", "expected a JSON object")
    return found


def unreadable(place: str, detail: str) -> UnusableStoreError:
    """The error for a value that none of ours has written."""
    hint = "undo it with the `sqlite3` command, or go back to a backup with `reconcile store restore`"
    return UnusableStoreError(f"the store was changed by hand: `{place}` cannot be read", detail=detail, hint=hint)


def to_text(number: int | None) -> str | None:
    """An unsigned number of 64 bits as decimal text; SQLite's integers end at 2^63 - 1."""
    return None if number is None else str(number)


def to_int(text: str | None) -> int | None:
    """The number again."""
    return None if text is None else int(text)


def marks(columns: Sequence[str]) -> str:
    """As many `?` as there are columns."""
    return ", ".join("?" * len(columns))
