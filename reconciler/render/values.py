"""How single values look: settings, durations, sizes. One line each, whatever is in them."""

import json
from typing import Any

LONGEST = 72
MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def setting(value: Any) -> str:
    """A value of a setting as YAML would take it; `None` is what llama-server does by itself."""
    if value is None:
        return "(default)"
    if isinstance(value, str) and value.isprintable() and value.strip() == value != "":
        return shortened(value)
    return shortened(json.dumps(value, ensure_ascii=False, default=str))


def shortened(value: str, longest: int = LONGEST) -> str:
    """A text in one line, its middle left out when it is too long: names and paths differ at their ends."""
    flat = " ".join(value.split("\n"))
    if len(flat) <= longest:
        return flat
    tail = longest // 2
    return f"{flat[: longest - tail - 1]}…{flat[-tail:]}"


def changed(before: Any, after: Any) -> str:
    """Both sides of a change."""
    return f"{setting(before)} → {setting(after)}"


def duration(seconds: float) -> str:
    """A time for people: two digits are enough."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 2 * DAY else f"{seconds / DAY:.0f} d"


def elapsed(seconds: float) -> str:
    """A measured time, exact enough to compare two of them."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 2 * MINUTE else duration(seconds)


def size(count: float) -> str:
    """Bytes in the unit that leaves few digits."""
    for unit in UNITS[:-1]:
        if count < 1024:  # noqa: PLR2004 - the step from one binary unit to the next
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"  # noqa: PLR2004 - two digits
        count /= 1024
    return f"{count:.1f} {UNITS[-1]}"


def counted(count: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def title(resource: str) -> str:
    """A resource as people call it: a model by its name alone."""
    return resource.removeprefix("model/")
