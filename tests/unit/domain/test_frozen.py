"""A value is frozen, hashable, shown by its fields, and equal to its like alone."""

from dataclasses import FrozenInstanceError, field, replace

import pytest

from reconciler.domain.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 0
    note: str = field(default="", compare=False)


@frozen
class Other:
    x: int
    y: int = 0


def test_values_are_compared_by_their_fields_and_class() -> None:
    assert Point(x=1) == Point(x=1, note="another")
    assert Point(x=1) != Point(x=2)
    other: object = Other(x=1)
    assert Point(x=1) != other
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2


def test_a_value_never_changes() -> None:
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc] # what is tested
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 3  # type: ignore[attr-defined] # what is tested
    assert replace(point, y=5) == Point(x=1, y=5)


def test_a_value_is_built_by_names_and_shown_by_them() -> None:
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg] # what is tested
    assert repr(Point(x=1)) == "Point(x=1, y=0, note='')"
