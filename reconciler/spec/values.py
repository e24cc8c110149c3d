"""Values as people write them: `32k`, `10m`, `10MiB`, `on`. Each is normalised once, here, and shown plain."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from reconciler.spec.marks import AnyJson, Checked, Limit, Parsed, looks_like

_COUNT = re.compile(r"(\d{1,9})\s*([kKmM])")
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s*(ms|s|m|h|d)")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,12})?)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB|TiB|[kKMGT])?")
_MEBIBYTES = re.compile(r"(\d{1,18}(?:\.\d{1,12})?)\s*(MB|GB|MiB|GiB|TiB|[MGT])")
_PERCENT = re.compile(r"(\d{1,2}|100)\s*%")
_WHOLE_SECONDS = re.compile(r"(\d{1,9}000\s*ms|\d{1,12}\s*s|\d{1,12}(?:\.\d{1,12})?\s*[mhd])")
_SWITCH = re.compile(r"(on|On|ON|yes|Yes|YES|off|Off|OFF|no|No|NO)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
    "k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40,
}  # fmt: skip
"""A letter alone is binary, as `docker run --memory` takes it."""

WHOLE_MAX = 2**31 - 1
"""The largest whole number that most flags take."""


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


def _mebibytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Rounded down: memory that is not there cannot be used. Nothing at all means something else to a flag.
    match = _MEBIBYTES.fullmatch(value.strip())
    whole = int(_size(value)) >> 20 if match else 0
    if not whole and not (match and float(match[1]) == 0):
        msg = f"expected a size from 1 MiB up such as `512MiB` or `8G`, or a number of MiB, got `{value}`"
        raise ValueError(msg)
    return whole


def _switch(value: Any) -> Any:
    return value.lower() in {"on", "yes"} if isinstance(value, str) and _SWITCH.fullmatch(value) else value


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

Seconds = Annotated[int, Parsed(_whole(_duration, 1, "seconds"), int | _text(_WHOLE_SECONDS, "10m"))]
"""Whole seconds, as the flag takes them; `10m` is 600."""

Milliseconds = Annotated[int, Parsed(_whole(_duration, 0.001, "milliseconds"), int | _text(_DURATION, "5s"))]
"""Whole milliseconds, as the flag takes them; `5s` is 5000."""

Mebibytes = Annotated[int, Parsed(_mebibytes, int | _text(_MEBIBYTES, "8GiB"))]
"""Whole MiB, as the flag takes them; `8GiB` and `8G` are 8192, `8GB` is 7629."""

Switch = Annotated[bool, Parsed(_switch, bool | _text(_SWITCH))]
"""What a setting of `bool` takes: YAML 1.2 reads llama-server's own words as texts."""

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


def _is(pattern: str, meant: str, example: str) -> Checked:
    """A text of this form, in words of our own where it is none."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            msg = f"expected {meant} such as `{example}`, got `{value}`"
            raise ValueError(msg)
        return value

    return Checked(check)


def _not_zero(value: int) -> int:
    if value == 0:
        msg = "expected 1 or more, or -1, got `0`"
        raise ValueError(msg)
    return value


def _finite(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        msg = "expected finite numbers: JSON has no others"
        raise ValueError(msg) from None
    return value


_NUMBER = r"-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"

NotZero = Annotated[int, Limit(json_schema_extra={"not": {"const": 0}}), Checked(_not_zero)]
"""A number of something, or -1; with 0 llama-server ends at once."""

SecondsNotZero = Annotated[Seconds, Limit(json_schema_extra={"not": {"const": 0}}), Checked(_not_zero)]
"""The same for a time."""

_PLACEMENT = (r"[^=]+=[^=]+", "exps=CPU")
_FACT = (
    rf"[^=]{{1,127}}=(int:-?\d+|float:{_NUMBER}|bool:(true|false)|str:.{{0,127}})",
    "tokenizer.ggml.add_bos_token=bool:false",
)
_BIAS = (rf"\d+[+-](inf|{_NUMBER})", "15043+1")
_LETTERS = ("[adeikmpstxy]+", "edskypmxt")

Placement = Annotated[
    str, looks_like(f"^{_PLACEMENT[0]}$", _PLACEMENT[1]), _is(_PLACEMENT[0], "`PATTERN=BUFFER`", _PLACEMENT[1])
]
"""Where tensors lie whose name the pattern finds."""

Fact = Annotated[
    str,
    looks_like(f"^{_FACT[0]}$", _FACT[1]),
    _is(_FACT[0], "`KEY=TYPE:VALUE` with one of `int`, `float`, `bool` and `str`", _FACT[1]),
]
"""A fact of a model file."""

Bias = Annotated[str, looks_like(f"^{_BIAS[0]}$", _BIAS[1]), _is(_BIAS[0], "`TOKEN+BIAS` or `TOKEN-BIAS`", _BIAS[1])]
"""A token by its number, and how much likelier it becomes."""

SamplerLetters = Annotated[
    str, looks_like(f"^{_LETTERS[0]}$", _LETTERS[1]), _is(_LETTERS[0], "one letter a sampler", _LETTERS[1])
]
"""Samplers in their order; llama-server skips a letter that it does not know."""

Samplers = tuple[
    Literal[
        "adaptive_p", "dry", "infill", "min_p", "penalties", "temperature", "top_k", "top_n_sigma", "top_p", "typ_p",
        "xtc",
    ], ...,
]  # fmt: skip
"""Samplers in their order; llama-server skips a name that it does not know."""

Scaled = Annotated[Mapping[str, float], Limit(min_length=1)]
"""Files and how strongly each counts."""

JsonObject = Mapping[str, Annotated[AnyJson, Checked(_finite)]]
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
