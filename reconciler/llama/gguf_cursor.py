"""
Walking through the bytes of a GGUF header: numbers, strings and values, skipped where nobody wants them.

A header is untrusted input. Every count is checked against the bytes that are left before it is believed, so
a damaged file costs an error and never memory. Layout: the GGUF specification of ggml (docs/gguf.md).
"""

import struct
from collections.abc import Iterator
from enum import StrEnum

from reconciler.errors import GgufError

STRING_TYPE, ARRAY_TYPE = 8, 9
NUMBER_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The number of each scalar value type, as `struct` spells it."""

LONGEST_TEXT = 1 << 20
LENGTH_BYTES = 8


class GgufFault(StrEnum):
    """In what way the bytes are not a GGUF header."""

    EMPTY = "empty"
    BAD_MAGIC = "bad_magic"
    TRUNCATED = "truncated"
    UNSUPPORTED_VERSION = "unsupported_version"
    ABSURD = "absurd"
    MALFORMED = "malformed"


class GgufHeaderError(GgufError):
    """The bytes are not a usable header; `fault` says in what way. The caller knows the file's name."""

    def __init__(self, fault: GgufFault, summary: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.fault = fault


def truncated(*, detail: str) -> GgufHeaderError:
    """The error for a file that ends before what it announces."""
    return GgufHeaderError(
        GgufFault.TRUNCATED,
        "the GGUF file is truncated",
        detail=detail,
        hint="copy or download the file again; it may also still be downloading",
    )


class Cursor:
    """A position in the header, moved by reading or skipping."""

    def __init__(self, data: bytes | memoryview, *, big_endian: bool, position: int) -> None:
        self.data = data
        self.position = position
        self._order = ">" if big_endian else "<"
        self._length = struct.Struct(f"{self._order}Q").unpack_from

    def number(self, format_: str) -> int | float | bool:
        """Read one number of a `struct` format."""
        try:
            (value,) = struct.unpack_from(self._order + format_, self.data, self.position)
        except (struct.error, OverflowError) as error:
            raise truncated(detail=f"the header wants bytes beyond the end, at {len(self.data)}") from error
        self.position += struct.calcsize(format_)
        return value  # type: ignore[no-any-return]  # `struct` types its results as Any

    def integer(self, format_: str) -> int:
        """Read one integer of a `struct` format."""
        return int(self.number(format_))

    def count(self, format_: str, *, least_bytes: int, what: str) -> int:
        """Read how many things of at least `least_bytes` follow; more than the file can hold is absurd."""
        announced = self.integer(format_)
        if announced * least_bytes > len(self.data) - self.position:
            raise GgufHeaderError(
                GgufFault.ABSURD,
                "the GGUF file is truncated or damaged: it announces more than it can hold",
                detail=f"{announced} {what} in a file of {len(self.data)} bytes",
                hint="copy or download the file again",
            )
        return announced

    def text(self) -> str:
        """Read one string; bytes that are not UTF-8 are replaced, since only people read them."""
        length = self.integer("Q")
        if length > LONGEST_TEXT or length > len(self.data) - self.position:
            raise truncated(detail=f"a string of {length} bytes in a file of {len(self.data)} bytes")
        start, self.position = self.position, self.position + length
        return str(self.data[start : self.position], "utf-8", "replace")

    def skip_value(self, type_: int) -> None:
        """Move behind one value that nobody wants; a string array is walked length by length."""
        if type_ == ARRAY_TYPE:
            self._skip_array()
        elif type_ == STRING_TYPE:
            self.skip_strings(1)
        else:
            self.position += struct.calcsize(number_format(type_))

    def skip_strings(self, count: int) -> None:
        """Move behind `count` strings: the one loop whose speed matters (262,144 tokens)."""
        length, data, position = self._length, self.data, self.position
        try:
            for _ in range(count):
                position += LENGTH_BYTES + length(data, position)[0]
        except (struct.error, OverflowError) as error:
            raise truncated(detail="the file ends within a list of strings") from error
        self.position = position

    def numbers(self) -> Iterator[int | float | bool] | None:
        """Read an array of numbers; an array of anything else is skipped and gives None."""
        element = self.integer("I")
        if element not in NUMBER_FORMATS:
            self.position -= 4
            self._skip_array()
            return None
        format_ = number_format(element)
        count = self.count("Q", least_bytes=struct.calcsize(format_), what="numbers")
        return (self.number(format_) for _ in range(count))

    def _skip_array(self) -> None:
        element = self.integer("I")
        if element == STRING_TYPE:
            self.skip_strings(self.count("Q", least_bytes=LENGTH_BYTES, what="strings"))
            return
        size = struct.calcsize(number_format(element))
        count = self.count("Q", least_bytes=size, what="numbers")
        self.position += count * size


def number_format(type_: int) -> str:
    """The `struct` format of a scalar value type; anything else (an array in an array too) is malformed."""
    try:
        return NUMBER_FORMATS[type_]
    except KeyError as error:
        raise GgufHeaderError(
            GgufFault.MALFORMED, "the GGUF header is malformed", detail=f"no value has type {type_} there"
        ) from error
