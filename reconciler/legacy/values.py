"""
What a stored value means. SQLite keeps any type in any column, and JSON was written by several programs: the same
`true` comes as 1, '1', 'on' or true. Each reader gives what was meant, that nothing was given, or why it is unusable.
"""

import json
import math
import re
from datetime import UTC, datetime
from enum import Enum
from typing import Generic, TypeVar

from reconciler.domain.frozen import frozen

T_co = TypeVar("T_co", covariant=True)

_TRUE = frozenset({"1", "true", "on", "yes", "enabled"})
_FALSE = frozenset({"0", "false", "off", "no", "disabled"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_INT32 = 2**31
_FLOAT32 = 3.5e38
_MILLISECONDS_FROM = 10**11
_SHOWN = 60


@frozen
class Given(Generic[T_co]):
    """A usable value."""

    value: T_co


class Unset(Enum):
    """NULL, or an empty text."""

    UNSET = "unset"


@frozen
class Bad:
    """A value of which nothing can be made; the reason shows it, so secrets must not come here."""

    reason: str


UNSET = Unset.UNSET


def text(value: object) -> Given[str] | Unset | Bad:
    """Text as it stands, numbers as they are written; bytes only where they are UTF-8."""
    if value is None or value in ("", b""):
        return UNSET
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, str):
        return Given(value=value) if _encodes(value) else Bad(reason=f"{shown(value)} is no valid text")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Bad(reason=f"{shown(value)} is no text")
    return Given(value=str(value))


def boolean(value: object) -> Given[bool] | Unset | Bad:
    """1, true, on, yes, enabled and their opposites, in any type."""
    if _is_unset(value):
        return UNSET
    if isinstance(value, int | float):
        return Given(value=bool(value)) if value in (0, 1) else Bad(reason=f"{shown(value)} is neither true nor false")
    word = _word(value)
    if word in _TRUE or word in _FALSE:
        return Given(value=word in _TRUE)
    number_ = _plain_number(value)
    if number_ in (0, 1):
        return Given(value=bool(number_))
    return Bad(reason=f"{shown(value)} is neither true nor false")


def integer(value: object, *, lowest: int = -_INT32, highest: int = _INT32 - 1) -> Given[int] | Unset | Bad:
    """A whole number of 32 bits, also as text and as a fraction that is whole."""
    if _is_unset(value):
        return UNSET
    found = _plain_number(value)
    if found is None or not math.isfinite(found):
        return Bad(reason=f"{shown(value)} is no number")
    if found != int(found):
        return Bad(reason=f"{shown(value)} is no whole number")
    if not lowest <= found <= highest:
        return Bad(reason=f"{shown(value)} is beyond 32 bits")
    return Given(value=int(found))


def number(value: object) -> Given[float] | Unset | Bad:
    """A number, also as text."""
    if _is_unset(value):
        return UNSET
    found = _plain_number(value)
    if found is None or not math.isfinite(found):
        return Bad(reason=f"{shown(value)} is no number")
    if abs(found) > _FLOAT32:
        return Bad(reason=f"{shown(value)} is beyond 32 bits")
    return Given(value=found)


def switch(value: object, words: tuple[str, ...] = ("on", "off", "auto")) -> Given[str] | Unset | Bad:
    """One of the words, or what used to be a boolean: true is `on`, false is `off`."""
    if _is_unset(value):
        return UNSET
    word = _word(value)
    if word in words:
        return Given(value=word)
    meant = boolean(value)
    if isinstance(meant, Given):
        return Given(value="on" if meant.value else "off")
    return Bad(reason=f"{shown(value)} is none of {', '.join(words)}")


def moment(value: object) -> Given[datetime] | Unset | Bad:
    """A time in UTC: seconds, milliseconds (from 10^11 on) or ISO text; without a zone it is UTC."""
    if _is_unset(value):
        return UNSET
    found = _plain_number(value)
    try:
        if found is not None:
            return Given(value=datetime.fromtimestamp(found / 1000 if found >= _MILLISECONDS_FROM else found, UTC))
        if isinstance(value, str):
            when = datetime.fromisoformat(value.strip())
            return Given(value=when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC))
    except (ValueError, OverflowError, OSError):
        pass
    return Bad(reason=f"{shown(value)} is no time")


def shown(value: object) -> str:
    """A value in a message: short, on one line, in backticks."""
    said = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else _said(value)
    plain = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in said[: _SHOWN + 1])
    return f"`{plain[:_SHOWN]}…`" if len(said) > _SHOWN else f"`{plain}`"


def _said(value: object) -> str:
    """As JSON says it, and the files that somebody may copy it to."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | dict | list) else str(value)


def _is_unset(value: object) -> bool:
    return value is None or (isinstance(value, str | bytes) and not value.strip())


def _word(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip().lower() if isinstance(value, str) else ""


def _plain_number(value: object) -> int | float | None:
    """None for what is no number; JSON's true is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    written = _word(value)
    if _WHOLE.fullmatch(written):
        return int(written)
    return float(written) if _NUMBER.fullmatch(written) else None


def _decoded(value: bytes) -> Given[str] | Bad:
    try:
        return Given(value=value.decode())
    except UnicodeDecodeError:
        return Bad(reason=f"{shown(value)} is no text in UTF-8")


def _encodes(value: str) -> bool:
    """JSON may hold half of a surrogate pair, which no file can."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
