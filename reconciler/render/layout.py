"""Lines of styled text, and columns of them. A style becomes an escape sequence only in `text`."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """What a piece of text is, as the parameter of "select graphic rendition" (ECMA-48, 8.3.117)."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"
    HEAD_RED = "1;31"
    HEAD_YELLOW = "1;33"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style."""

    text: str
    style: Style = Style.PLAIN

    @property
    def width(self) -> int:
        """Cells of a terminal."""
        return width(self.text)


Line = tuple[Span, ...]
BLANK: Line = ()
VISIBLE = (
    {code: chr(0x2400 + code) for code in range(0x20) if chr(code) != "\t"}
    | {0x7F: "\u2421"}
    | dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
)
"""Control characters as pictures: a name or a log line must not steer the terminal, nor turn around what is read."""


def line(*parts: str | Span) -> Line:
    """A line of parts; plain text needs no wrapping."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def width(text: str) -> int:
    """Cells that a terminal gives to a text: two for a wide character, none for one that combines."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    combining = sum(unicodedata.combining(one) != 0 for one in text)
    return len(text) + wide - combining


def line_width(spans: Line) -> int:
    """Cells of a whole line."""
    return sum(span.width for span in spans)


def columns(rows: Iterable[Sequence[str | Span]], *, gap: int = 2, indent: int = 0) -> tuple[Line, ...]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    cells = [line(*row) for row in rows]
    count = max((len(row) for row in cells), default=0)
    widths = [max((row[at].width for row in cells if at < len(row)), default=0) for at in range(count)]
    return tuple(_row(row, widths, gap=gap, indent=indent) for row in cells)


def _row(cells: Line, widths: Sequence[int], *, gap: int, indent: int) -> Line:
    spans = [Span(" " * indent)] if indent else []
    for at, cell in enumerate(cells):
        spans.append(cell)
        if any(later.text for later in cells[at + 1 :]):
            spans.append(Span(" " * (widths[at] - cell.width + gap)))
    return tuple(spans)


def text(lines: Iterable[Line], *, colour: bool = False) -> str:
    """Lines as one text that ends with a line end; empty when there is none."""
    shown = _coloured if colour else _plain
    return "".join(f"{shown(one)}\n" for one in lines)


def _plain(spans: Line) -> str:
    return "".join(span.text for span in spans).rstrip().translate(VISIBLE)


def _coloured(spans: Line) -> str:
    return "".join(_painted(span) for span in spans)


def _painted(span: Span) -> str:
    shown = span.text.translate(VISIBLE)
    return f"\x1b[{span.style}m{shown}\x1b[0m" if span.style and shown else shown
