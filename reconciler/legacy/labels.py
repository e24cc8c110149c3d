"""What is known of a model without being a wish: for the report, and in short for a comment."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.legacy.values import Given, boolean, integer, moment, text

_UNKNOWN_CONTEXT = frozenset({2048, 4096})
"""What the scan wrote where a file said nothing."""

_COUNTS = ("embedding_size", "block_count", "head_count", "head_count_kv", "ffn_dim", "file_type")
_TEXTS = ("params", "quantization", "quantization_type", "architecture", "recommended_tensor_split")
_ADVICE = ("recommended_ctx_size", "recommended_gpu_layers")
_SIZES = (("GiB", 30), ("MiB", 20))
_HUGE = 2**62


def info_of(labels: Mapping[str, object]) -> dict[str, Any]:
    """Everything that is known, by names that say what it is."""
    texts = {key: _text(labels.get(key)) for key in ("type", "status", *_TEXTS)}
    times = {key: _moment(labels.get(key)) for key in ("created_at", "updated_at")}
    found = {**texts, **times, **dict(_info(labels)), **{key: _shape(labels.get(key)) for key in (*_COUNTS, *_ADVICE)}}
    return {key: value for key, value in found.items() if value is not None}


def seen(labels: Mapping[str, object]) -> dict[str, Any]:
    """Type, status and time, as the report has them beside the name."""
    return {
        "type": _text(labels.get("type")),
        "status": _text(labels.get("status")),
        "created_at": _moment(labels.get("created_at")),
    }


def ran(labels: Mapping[str, object]) -> bool:
    """Whether it was loaded, or about to be, when it was last seen."""
    return str(_text(labels.get("status"))).strip().lower() in {"running", "loading", "loaded"}


def remark(labels: Mapping[str, object]) -> str:
    """One line."""
    known = info_of(labels)
    size = known.get("file_size")
    parts = (
        f"type {known['type']}" if known.get("type") else "",
        f"last seen {known['status']}" if known.get("status") else "",
        f"created {known['created_at']}" if known.get("created_at") else "",
        str(known.get("quantization", "")),
        str(known.get("params", "")),
        _size(size) if isinstance(size, int) else "",
        f"trained for {known['context_length']} tokens" if known.get("context_length") else "",
        "favorite" if known.get("favorite") else "",
    )
    return ", ".join(filter(None, parts))


def _info(labels: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    favorite = boolean(labels.get("favorite"))
    if isinstance(favorite, Given):
        yield "favorite", favorite.value
    size = _count(labels.get("file_size")) or _count(labels.get("file_size_bytes"))
    if size:
        yield "file_size", size
    context = _count(labels.get("context_window"))
    if context and context not in _UNKNOWN_CONTEXT:
        yield "context_length", context


def _shape(value: object) -> int | str | None:
    """A number, or a list of them as the dashboard stored it: as the text of it."""
    return _count(value) or (_text(value) if isinstance(value, str) and value.strip() != "0" else None)


def _text(value: object) -> str | None:
    found = text(value)
    return found.value if isinstance(found, Given) else None


def _count(value: object) -> int | None:
    found = integer(value, lowest=1, highest=_HUGE)
    return found.value if isinstance(found, Given) else None


def _moment(value: object) -> str | None:
    found = moment(value)
    return found.value.isoformat(timespec="seconds").replace("+00:00", "Z") if isinstance(found, Given) else None


def _size(count: int) -> str:
    for unit, bits in _SIZES:
        if count >= 1 << bits:
            return f"{count / (1 << bits):.1f} {unit}"
    return f"{count} bytes"
