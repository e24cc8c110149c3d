"""Values by habit: each is the plain number that the flag takes, and nothing else passes."""

from typing import Any

import pytest
from pydantic import ValidationError

from reconciler.spec import values
from reconciler.spec.base import Spec
from reconciler.spec.validating import validate


def read(kind: str, written: object) -> Any:
    declared = type("Declared", (Spec,), {"__annotations__": {"value": getattr(values, kind)}})
    return getattr(validate(declared, {"value": written}), "value")  # noqa: B009 - a class made here


@pytest.mark.parametrize(
    ("kind", "written", "number"),
    [
        ("Count", "32k", 32768), ("Count", "2M", 2 * 2**20), ("Count", 7, 7),
        ("Duration", "500ms", 0.5), ("Duration", "1.5h", 5400), ("Duration", 30, 30),
        ("Size", "10MiB", 10 * 2**20), ("Size", "10MB", 10**7), ("Size", "12", 12),
        ("Seconds", "10m", 600), ("Seconds", "2000ms", 2), ("Seconds", -1, -1),
        ("Milliseconds", "5s", 5000), ("Milliseconds", "1.5s", 1500), ("Milliseconds", "29ms", 29),
        ("Mebibytes", "8GiB", 8192), ("Mebibytes", "0.5GiB", 512), ("Mebibytes", -1, -1), ("Mebibytes", "0M", 0),
        ("Mebibytes", "8G", 8192), ("Mebibytes", "8GB", 7629), ("Mebibytes", "1.5T", 1536 * 1024),
        ("Size", "8G", 2**33), ("Size", "1k", 1024), ("Switch", "on", True), ("Switch", "Yes", True),
        ("Switch", "OFF", False), ("Switch", "no", False), ("Switch", True, True), ("NotZero", -1, -1),
        ("SecondsNotZero", "10m", 600),
        ("Percent", "50%", 50),
    ],
)  # fmt: skip
def test_a_value_by_habit_is_the_plain_number(kind: str, written: object, number: float) -> None:
    assert read(kind, written) == number


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("Count", "32 kB"), ("Count", "9" * 5000 + "k"), ("Count", True),
        ("Duration", "ten"), ("Duration", -1), ("Duration", "9" * 400 + "d"),
        ("Size", "9" * 4000 + "MiB"), ("Size", "1PB"),
        ("Seconds", "500ms"), ("Seconds", "10"), ("Milliseconds", "0.5ms"),
        ("Mebibytes", "1KiB"), ("Mebibytes", "0.2M"), ("Mebibytes", "12"), ("Percent", "101%"),
        ("Percent", "9" * 4000 + "%"), ("Switch", "true"), ("Switch", "y"), ("Switch", 1), ("NotZero", 0),
        ("SecondsNotZero", "0s"), ("SamplerLetters", "zzz"), ("Samplers", ["bogus"]), ("Bias", "x"),
        ("Bias", "15043+"), ("Placement", "a"), ("Placement", "a=b=CPU"), ("Fact", "x"),
        ("Fact", "x=foo:1"), ("Fact", "x=bool:yes"), ("JsonObject", {"x": [float("inf")]}),
    ],
)  # fmt: skip
def test_what_cannot_be_said_exactly_is_refused(kind: str, written: object) -> None:
    with pytest.raises(ValidationError):
        read(kind, written)
