"""JSON as the dashboard stored it, read as JavaScript reads it, which knows no NaN."""

import json
from collections.abc import Mapping

from reconciler.legacy.values import UNSET, Bad, Given, Unset, text


def read_object(stored: object) -> Given[Mapping[str, object]] | Unset | Bad:
    """An object; one that was encoded twice is unwrapped. NULL, empty text and JSON's null are nothing given."""
    written = text(stored)
    if not isinstance(written, Given):
        return written
    for _ in range(2):
        try:
            found = json.loads(written.value.removeprefix("\ufeff"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            return Bad(reason="it is no readable JSON")
        if found is None:
            return UNSET
        if isinstance(found, dict):
            return Given(value=found)
        if not isinstance(found, str):
            break
        written = Given(value=found)
    return Bad(reason="it is no JSON object")


def _refuse(constant: str) -> object:
    raise ValueError(constant)
