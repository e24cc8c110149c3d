"""The tables that people read, on a terminal and in `results.md` alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One thing of ours beside one of somebody else, both in seconds, measured in turn.

    Attributes:
        ratio: the target, as the largest ratio.
        limit: the target, in seconds of ours.
    """

    what: str
    against: str
    ours: tuple[float, ...]
    other: tuple[float, ...]
    ratio: float | None = None
    limit: float | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours by the other's, of each turn."""
        return tuple(mine / theirs for mine, theirs in zip(self.ours, self.other, strict=True))

    @property
    def met(self) -> bool:
        """Whether the medians are within the target."""
        return (self.ratio is None or median(self.ratios) <= self.ratio) and (
            self.limit is None or median(self.ours) <= self.limit
        )

    @property
    def target(self) -> str:
        """In words."""
        return f"≤ {self.ratio:g} x" if self.ratio is not None else f"≤ {self.limit:g} s"

    def cells(self) -> tuple[str, ...]:
        """As a line of the table."""
        ratios, met = spread(self.ratios, "x"), "yes" if self.met else "NO"
        return self.what, spread(self.ours, "s"), self.against, spread(self.other, "s"), ratios, self.target, met


HEADER = ("what", "ours", "the other", "its time", "ratio", "target", "met")


def spread(values: Sequence[float], unit: str) -> str:
    """Median (smallest..largest)."""
    return f"{median(values):.3g} {unit} ({min(values):.3g}..{max(values):.3g})"


def rows(measured: Sequence[Row]) -> str:
    """The table of ratios."""
    return table(HEADER, [row.cells() for row in measured])


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A markdown table whose columns are also in line for whoever reads the text."""
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(cells, widths) for cells in (header, rule, *lines))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
