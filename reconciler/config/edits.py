"""Edits that mend a problem, held against what really stands in the file: an edit that does not fit is none."""

import re

from reconciler.config.text import Place
from reconciler.domain.diagnostic import Applicability, Fix
from reconciler.domain.frozen import frozen

QUOTES = "\"'"
SIMPLE = re.compile(r"[\w.+-]+")
"""What can be put in quotes as it is."""


@frozen
class Edit:
    """
    What to write in place of what.

    Attributes:
        written: what has to stand there, in any case of letters, with or without quotes.
        replacement: nothing puts what stands there into quotes.
        is_text: whether the replacement is a text, which keeps the quotes of what it replaces.
        certain: whether nobody could have meant something else.
    """

    written: str = ""
    replacement: str = ""
    is_text: bool = False
    certain: bool = True


QUOTED = Edit()


def fix_at(place: Place, edit: Edit) -> Fix | None:
    """The edit as a fix of what stands at a place, if it is what the edit takes it for."""
    start = place.column - 1
    source = place.text.line(place.line)[start : start + place.length] if place.column else ""
    applicability = Applicability.CERTAIN if edit.certain else Applicability.GUESS
    if not edit.replacement:
        return Fix(replacement=f'"{source}"', applicability=applicability) if SIMPLE.fullmatch(source) else None
    quote = source[0] if len(source) > 1 and source[0] in QUOTES and source[-1] == source[0] else ""
    if source.removeprefix(quote).removesuffix(quote).lower() != edit.written.lower():
        return None
    kept = quote if edit.is_text else ""
    return Fix(replacement=f"{kept}{edit.replacement}{kept}", applicability=applicability)
