"""The pieces of a YAML text as they stand there: what `rewrite` moves around. Only the reader knows what they mean."""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from reconciler.config.source import LOADER


class Token(NamedTuple):
    """
    One piece.

    Attributes:
        kind: the library's name of it without `Token`: `Scalar`, `BlockEntry`, `FlowSequenceStart` …
        start: index of its first character in the text; of one that is only understood, `end` is the same.
        column: counted from 0.
        style: of a scalar: a quote, `|`, `>`, or nothing.
    """

    kind: str
    start: int
    end: int
    column: int
    style: str


def tokens(content: str) -> Iterator[Token]:
    """All pieces in order; for a text that the reader takes."""
    for one in yaml.scan(content, Loader=LOADER):
        start, end = one.start_mark, one.end_mark
        kind = type(one).__name__.removesuffix("Token")
        yield Token(kind, start.index, end.index, start.column, getattr(one, "style", None) or "")
