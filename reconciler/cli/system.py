"""What works where processes cannot be looked at."""

import sys

from reconciler.errors import UsageError

ELSEWHERE = "on this system only `validate`, `render`, `schema` and `plan --offline` work"


def require_linux() -> None:
    """
    Refuses what needs `/proc` and pidfds.

    Raises:
        UsageError: on any other system than Linux.
    """
    if sys.platform != "linux":
        raise UsageError(f"this command needs Linux, not {sys.platform}", hint=ELSEWHERE)
