"""What stands beside a type in an annotation, in words of our own: who only reads a spec needs no validator."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Limit:
    """Bounds of a value beside its type: `ge`, `le`, `min_length`, `pattern` and so on, as pydantic has them."""

    __match_args__ = ("constraints",)

    def __init__(self, **constraints: Any) -> None:
        self.constraints = constraints


class Parsed(NamedTuple):
    """How a value may be written besides its plain form; `form` is the type of everything that `read` understands."""

    read: Callable[[Any], Any]
    form: Any


class Checked(NamedTuple):
    """What a value of the right type must still pass; the check raises ValueError and says both sides."""

    check: Callable[[Any], Any]


def looks_like(pattern: str, example: str) -> Limit:
    """What an editor knows of a text that `Checked` judges."""
    return Limit(json_schema_extra={"pattern": pattern, "examples": [example]})


class AnyJson:
    """Stands for whatever JSON can say."""
