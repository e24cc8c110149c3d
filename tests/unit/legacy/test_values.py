"""What a stored value means, whatever type it was stored in."""

from datetime import UTC, datetime

import pytest

from reconciler.legacy import values
from reconciler.legacy.stored_json import read_object
from reconciler.legacy.values import UNSET, Bad, Given


def named(one: object) -> str:
    return f"{one!r:.40}"


def meant(found: object) -> object:
    """The value, `None` for nothing given, `bad` for what is unusable."""
    return found.value if isinstance(found, Given) else None if found is UNSET else "bad"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        *((one, True) for one in (1, 1.0, True, "1", "true", "TRUE", " on ", "Yes", "enabled", b"on", "1.0")),
        *((one, False) for one in (0, 0.0, False, "0", "false", "off", "no", "Disabled", b"0")),
        *((one, None) for one in (None, "", "  ", b"")),
        *((one, "bad") for one in (2, -1, 0.5, "maybe", b"\xff", float("nan"), ["a list"])),
    ],
    ids=named,
)
def test_booleans(stored: object, expected: object) -> None:
    assert meant(values.boolean(stored)) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        *((one, 42) for one in (42, 42.0, "42", " 42 ", "+42", "42.0", "4.2e1", b"42")),
        *((one, -1) for one in (-1, "-1", -1.0)),
        *((one, None) for one in (None, "")),
        *(
            (one, "bad")
            for one in (4.5, "4.5", "8080abc", "0x10", "1_000", "\uff14\uff12", True, "nan", "inf", float("inf"))
        ),
        *((one, "bad") for one in (2**31, -(2**31) - 1, 2**63, "9" * 30, "9" * 5000, "1e400", 1e300, b"\xff")),
        (2**31 - 1, 2**31 - 1),
        (-(2**31), -(2**31)),
    ],
    ids=named,
)
def test_whole_numbers(stored: object, expected: object) -> None:
    assert meant(values.integer(stored)) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        *((one, 0.5) for one in (0.5, "0.5", ".5", "5e-1", b"0.5")),
        (3, 3),
        *((one, None) for one in (None, " ")),
        *((one, "bad") for one in ("0,5", "half", False, float("nan"), "-inf", 1e39, "1e999", b"\xff", ())),
    ],
    ids=named,
)
def test_numbers(stored: object, expected: object) -> None:
    assert meant(values.number(stored)) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        *((one, "on") for one in (1, "on", "ON", "true", "1", True)),
        *((one, "off") for one in (0, "off", "false", "0")),
        ("Auto", "auto"),
        (None, None),
        *((one, "bad") for one in ("fast", 2, b"\xff")),
    ],
    ids=named,
)
def test_switches(stored: object, expected: object) -> None:
    assert meant(values.switch(stored)) == expected


@pytest.mark.parametrize(
    "stored",
    [
        1_767_042_600,
        1_767_042_600_000,
        "1767042600",
        "1767042600000",
        1_767_042_600.0,
        "2025-12-29T21:10:00Z",
        "2025-12-29 21:10:00",
        "2025-12-30T04:10:00+07:00",
    ],
    ids=named,
)
def test_times_are_seconds_milliseconds_or_text(stored: object) -> None:
    assert meant(values.moment(stored)) == datetime(2025, 12, 29, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize("stored", ["yesterday", 1e300, -1e300, float("nan"), "9" * 40, b"\xff", True])
def test_what_is_no_time_is_bad(stored: object) -> None:
    assert meant(values.moment(stored)) == "bad"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("a\u00fc ", "a\u00fc "),
        (b"a\xc3\xbc", "a\u00fc"),
        (7, "7"),
        ("", None),
        (b"\xff", "bad"),
        ("\ud800", "bad"),
        (True, "bad"),
    ],
    ids=named,
)
def test_text_stays_as_it_is(stored: object, expected: object) -> None:
    assert meant(values.text(stored)) == expected


def test_a_value_in_a_message_is_short_and_steers_no_terminal() -> None:
    assert values.shown("\x1b[2J\n" + "x" * 500) == "`" + r"\x1b[2J\n" + "x" * 51 + "…`"
    found = values.integer("x" * 500)
    assert isinstance(found, Bad)
    assert len(found.reason) < 100


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        (b'{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ("{}", {}),
        *((one, None) for one in (None, "", "null", '"null"')),
        *((one, "bad") for one in ("{", "[1]", "1", "NaN", '{"a": NaN}', b"\xff", "[" * 100_000, '"\\"x\\""', 7)),
    ],
    ids=named,
)
def test_json_is_read_as_javascript_reads_it(stored: object, expected: object) -> None:
    assert meant(read_object(stored)) == expected
