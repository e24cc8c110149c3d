"""The version of this program, and whether a fleet's `required_version` takes it (operators as in PEP 440)."""

import operator
import re
from collections.abc import Callable

from reconciler.config.problem import Problem

Release = tuple[int, ...]

CLAUSE = re.compile(r"\s*(~=|==|!=|>=|<=|>|<)\s*(\d{1,9}(?:\.\d{1,9}){0,5})\s*")
COMPARE: dict[str, Callable[[Release, Release], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
WHERE = ("required_version",)


def check_required(wanted: object, program: str) -> Problem | None:
    """Whether this program may read the fleet."""
    clauses = [CLAUSE.fullmatch(part) for part in wanted.split(",")] if isinstance(wanted, str) else [None]
    if not all(clauses):
        return Problem(
            code="E0206",
            summary="`required_version` cannot be read",
            path=WHERE,
            detail="expected comparisons with a version, such as `>=0.1` or `>=0.1,<2`",
            hint='write `required_version: ">=0.1"`',
        )
    if all(_holds(program, match[1], match[2]) for match in clauses if match):
        return None
    return Problem(
        code="E0313",
        summary=f"this fleet needs llama-reconciler {wanted}",
        path=WHERE,
        detail=f"this is {program}",
        hint=f"install it: `pip install 'llama-reconciler{wanted}'`",
    )


def _holds(program: str, operation: str, text: str) -> bool:
    mine, wanted = _release(program), _release(text)
    if operation == "~=":
        upper = text.split(".")[:-1]
        return mine >= wanted and [str(part) for part in mine][: len(upper)] == [str(int(part)) for part in upper]
    return COMPARE[operation](mine, wanted)


def _release(text: str) -> Release:
    """The numbers that a version begins with, padded so that `1.0` equals `1`."""
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    parts = tuple(int(part) for part in numbers[0].split(".")) if numbers else ()
    return (*parts, *(0,) * (6 - len(parts)))
