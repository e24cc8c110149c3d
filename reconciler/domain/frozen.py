"""
What a value is here: frozen, slotted, built by names, and equal when its fields are.

What all values share is written once instead of being generated for each of some eighty classes, which every command
would pay for at its start.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, dataclass, field, fields
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Value = TypeVar("Value")
KEY = "_key"
"""The attribute of a class that gets all fields of a value, by which it is compared."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[Value]) -> type[Value]:
    """Makes a class a value; means the same as `dataclass(frozen=True, slots=True, kw_only=True)`."""
    made: Any = dataclass(slots=True, kw_only=True, eq=False, repr=False)(cls)
    names = [one.name for one in fields(made) if one.compare]
    shared = SHARED | {KEY: staticmethod(attrgetter(*names))}
    for name, method in shared.items():
        if name not in vars(cls):
            setattr(made, name, method)
    return made  # type: ignore[no-any-return] # `dataclass` gives back the class that it made anew for the slots


def _set_once(self: Any, name: str, to: Any) -> None:
    """A slot is empty until `__init__` fills it, and never filled again."""
    if hasattr(self, name):
        raise FrozenInstanceError(f"cannot assign to field `{name}`")
    object.__setattr__(self, name, to)


def _never_deleted(_self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field `{name}`")


def _equal(self: Any, other: Any) -> Any:
    if self is other:
        return True
    if type(other) is not type(self):
        return NotImplemented
    return bool(getattr(self, KEY)(self) == getattr(other, KEY)(other))


def _hash(self: Any) -> int:
    return hash((type(self), getattr(self, KEY)(self)))


def _shown(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


SHARED = {
    "__setattr__": _set_once,
    "__delattr__": _never_deleted,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _shown,
}
"""The methods of every value; one that a class defines itself stays."""


def many(cls: type[Value], columns: Sequence[Sequence[Any]]) -> tuple[Value, ...]:
    """
    Values of a class from complete columns: all fields in order, each of its own type.

    For tables that are read as a whole: building each value by names takes seven times as long.
    """
    made: tuple[Value, ...] = tuple(map(object.__new__, repeat(cls, len(columns[0]) if columns else 0)))
    for name, column in zip(fields_of(cls), columns, strict=bool(columns)):
        deque(map(getattr(cls, name).__set__, made, column), maxlen=0)
    return made


def fields_of(cls: type[Any]) -> tuple[str, ...]:
    """The names of the fields, in order."""
    return tuple(one.name for one in fields(cls))
