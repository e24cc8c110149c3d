"""Plain scalars by the core schema of YAML 1.2 (chapter 10.3): `on` and `yes` are texts, `0o17` is a number."""

import re

Scalar = str | int | float | bool | None

WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
NUMBERS_BEGIN = frozenset("-+.0123456789")
MAX_NUMBER = 100
"""Characters; no setting needs more, and the time to read a number grows with its square."""


class BadScalarError(ValueError):
    """The text is not what its tag says, or too long for a number."""


def plain(text: str) -> Scalar:
    """
    The value of a scalar without quotes and without a tag.

    Raises:
        BadScalarError: for a number of more than 100 characters.
    """
    if text[:1] not in NUMBERS_BEGIN:
        return WORDS.get(text, text)
    if INTEGER.fullmatch(text):
        return _integer(text)
    return _float(text) if FLOAT.fullmatch(text) else text


def tagged(text: str, tag: str) -> Scalar:
    """
    The value of a scalar with an explicit tag such as `!!int`.

    Raises:
        BadScalarError: when the text cannot be read that way.
    """
    if tag == "str":
        return text
    value = plain(text)
    if tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    kinds = {"int": int, "float": float, "bool": bool, "null": type(None)}
    if type(value) is not kinds.get(tag):
        message = f"`!!{tag}` does not fit this text"
        raise BadScalarError(message)
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER:
        raise BadScalarError("the number is too long")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _float(text: str) -> float:
    if len(text) > MAX_NUMBER:
        raise BadScalarError("the number is too long")
    return float(text.replace(".", "", 1) if text.lstrip("+-")[1:2].isalpha() else text)
