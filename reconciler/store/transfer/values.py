"""Values of SQLite as JSON and back, exactly."""

import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

EXACT = 2**53
"""Up to here every reader of JSON has whole numbers exactly (RFC 8259, section 6)."""


class NoText(bytes):
    """What SQLite holds as a text although it is not UTF-8."""


def text_or_bytes(raw: bytes) -> str | NoText:
    """For `Connection.text_factory`: a text as it is, whatever is in it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NoText(raw)


def encoded(value: Any) -> Any:
    """A value of a column as JSON."""
    if isinstance(value, NoText):
        return {"text": b64encode(value).decode()}
    if isinstance(value, bytes):
        return {"blob": b64encode(value).decode()}
    if isinstance(value, int) and abs(value) > EXACT:
        return {"int": str(value)}
    if isinstance(value, float) and math.isinf(value):
        return {"real": str(value)}
    return value


def decoded(value: Any) -> Any:
    """
    The value again.

    Raises:
        ValueError: when it is none that `encoded` makes.
    """
    if value is None or isinstance(value, str | float) or type(value) is int:
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((kind, text),) = value.items()
        if kind in READ and isinstance(text, str):
            return READ[kind](text)
    raise ValueError(f"expected a text, a number, null, or one of {', '.join(READ)} with a text")


READ: dict[str, Callable[[str], Any]] = {
    "blob": lambda text: b64decode(text, validate=True),
    "text": lambda text: NoText(b64decode(text, validate=True)),
    "int": int,
    "real": float,
}
