"""Values as people write them: `32k`, `10m`, `10MiB`. Each is normalised once, here, and shown as the plain number."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from reconciler.spec.marks import AnyJson, Limit, Parsed

_COUNT = re.compile(r"(\d{1,9})\s*([kKmM])")
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s*(ms|s|m|h|d)")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,12})?)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB|TiB)?")
_PERCENT = re.compile(r"(\d{1,3})\s*%")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


def _text(form: re.Pattern[str], *examples: str) -> Any:
    """How the JSON Schema names a text of this form."""
    return Annotated[str, Limit(pattern=f"^{form.pattern}$", examples=list(examples))]


def _count(value: Any) -> Any:
    if isinstance(value, str) and (match := _COUNT.fullmatch(value.strip())):
        return int(match[1]) * (1024 if match[2] in "kK" else 1024 * 1024)
    return value


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        if match := _DURATION.fullmatch(value.strip()):
            return float(match[1]) * _SECONDS[match[2]]
        msg = f"expected a duration such as `30s`, `10m` or `1h`, got `{value}`"
        raise ValueError(msg)
    return value


def _size(value: Any) -> Any:
    if isinstance(value, str):
        if match := _SIZE.fullmatch(value.strip()):
            return int(float(match[1]) * _BYTES[match[2] or "B"])
        msg = f"expected a size such as `512MiB` or `10GB`, got `{value}`"
        raise ValueError(msg)
    return value


def _whole(parse: Callable[[Any], Any], unit: float, name: str) -> Callable[[Any], Any]:
    """A text as a whole number of a flag's own unit."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        number = round(parse(value) / unit, 6)
        if number != int(number):
            msg = f"expected whole {name}, got `{value}`"
            raise ValueError(msg)
        return int(number)

    return read


def _percent(value: Any) -> Any:
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        return int(match[1])
    msg = f"expected a percentage such as `50%`, got `{value}`"
    raise ValueError(msg)


Count = Annotated[int, Parsed(_count, int | _text(_COUNT, "32k"))]
"""A number of tokens or the like; `32k` is 32768, as model cards say it."""

Duration = Annotated[float, Parsed(_duration, float | _text(_DURATION, "30s", "10m")), Limit(ge=0)]
"""Seconds; `500ms`, `30s`, `10m`, `1h`, `2d` or a plain number of seconds."""

Size = Annotated[int, Parsed(_size, int | _text(_SIZE, "10MiB")), Limit(ge=0)]
"""Bytes; `10MiB`, `10MB` or a plain number of bytes."""

Seconds = Annotated[int, Parsed(_whole(_duration, 1, "seconds"), int | _text(_DURATION, "10m"))]
"""Whole seconds, as the flag takes them; `10m` is 600."""

Milliseconds = Annotated[int, Parsed(_whole(_duration, 0.001, "milliseconds"), int | _text(_DURATION, "5s"))]
"""Whole milliseconds, as the flag takes them; `5s` is 5000."""

Mebibytes = Annotated[int, Parsed(_whole(_size, 2**20, "MiB"), int | _text(_SIZE, "8GiB"))]
"""Whole MiB, as the flag takes them; `8GiB` is 8192."""

Percent = Annotated[
    int,
    Parsed(_percent, _text(_PERCENT, "50%")),
    Limit(ge=0, le=100),
]
"""A share from `0%` to `100%`."""

Port = Annotated[int, Limit(ge=1, le=65535)]
"""A TCP port."""

Items = tuple[str, ...]
"""A list of texts."""

Scaled = Annotated[Mapping[str, float], Limit(min_length=1)]
"""Files and how strongly each counts."""

JsonObject = Mapping[str, AnyJson]
"""Anything that a JSON object can hold."""

CpuMask = Annotated[str, Limit(pattern=r"^(0x)?[0-9a-fA-F]+$")]
"""CPUs as the bits of a hexadecimal number."""

CpuRange = Annotated[str, Limit(pattern=r"^\d*-\d*$")]
"""CPUs from the first to the last, such as `0-7`."""

Share = Annotated[float, Limit(ge=0, le=1)]
"""A number from 0 to 1."""

Priority = Annotated[int, Limit(ge=-1, le=3)]
"""Of processes: -1 low, 0 normal, 1 medium, 2 high, 3 realtime."""

Numbers = tuple[float, ...]
"""A list of numbers."""
