"""
Facts about a model from the header of its GGUF file, without reading a tensor.

The whole file is handed in, mapped, and only the header's pages are touched. Vocabularies are stepped over
and not decoded: keys that matter may stand behind them, since tools that quantize or split append
`general.file_type` and `split.*`.
"""

from reconciler.domain.frozen import frozen
from reconciler.llama.ggml_types import tensor_bytes
from reconciler.llama.gguf_cursor import (
    ARRAY_TYPE,
    STRING_TYPE,
    Cursor,
    GgufFault,
    GgufHeaderError,
    number_format,
    truncated,
)

MAGIC = b"GGUF"
VERSIONS = (2, 3)
LEAST_PAIR, LEAST_TENSOR = 13, 24
"""The fewest bytes that a key with its value, and the description of a tensor, can take."""

TEXT_KEYS = frozenset({"general.architecture", "general.name"})
PER_LAYER_SUFFIXES = (".attention.head_count", ".attention.head_count_kv")
"""Numbers that some architectures give for each layer; the largest stands for all."""

MOST_DIMENSIONS = 8

Value = str | int | float | bool


@frozen
class GgufFacts:
    """
    What the header says; None where it does not say it (a shard that is not the first has no architecture).

    Attributes:
        context_length: tokens that the model was trained for.
        tensor_bytes: bytes of the tensors in this file; a lower bound if `sizes_known` is false.
        split_no: number of this shard, from 0; llama-server wants to be given shard 0.
        file_type: llama.cpp's number of the quantization (`enum llama_ftype`).
    """

    version: int
    big_endian: bool
    architecture: str | None
    name: str | None
    context_length: int | None
    layers: int | None
    heads: int | None
    heads_kv: int | None
    embedding_length: int | None
    file_type: int | None
    split_count: int | None
    split_no: int | None
    tensor_count: int
    tensor_bytes: int
    sizes_known: bool


def parse_header(data: bytes | memoryview) -> GgufFacts:
    """
    Read the header at the start of `data`, which is the whole file.

    Hand in a memoryview of an mmap, or b"" for an empty file, which cannot be mapped.

    Raises:
        GgufHeaderError: llama-server could not load this file; also when a tensor lies beyond its end.
    """
    big_endian = _big_endian(data)
    cursor = Cursor(data, big_endian=big_endian, position=len(MAGIC))
    version = cursor.integer("I")
    if version not in VERSIONS:
        raise GgufHeaderError(
            GgufFault.UNSUPPORTED_VERSION,
            f"the GGUF file has version {version}",
            detail="versions 2 and 3 can be read",
            hint="convert the model again with a current llama.cpp",
        )
    tensor_count = cursor.count("Q", least_bytes=LEAST_TENSOR, what="tensors")
    pair_count = cursor.count("Q", least_bytes=LEAST_PAIR, what="keys")
    values = _pairs(cursor, pair_count)
    size, sizes_known = _tensors(cursor, tensor_count, _integer(values, "general.alignment") or 32)
    architecture = _text(values, "general.architecture")
    return GgufFacts(
        version=version,
        big_endian=big_endian,
        architecture=architecture,
        name=_text(values, "general.name"),
        context_length=_integer(values, f"{architecture}.context_length"),
        layers=_integer(values, f"{architecture}.block_count"),
        heads=_integer(values, f"{architecture}.attention.head_count"),
        heads_kv=_integer(values, f"{architecture}.attention.head_count_kv"),
        embedding_length=_integer(values, f"{architecture}.embedding_length"),
        file_type=_integer(values, "general.file_type"),
        split_count=_integer(values, "split.count"),
        split_no=_integer(values, "split.no"),
        tensor_count=tensor_count,
        tensor_bytes=size,
        sizes_known=sizes_known,
    )


def _big_endian(data: bytes | memoryview) -> bool:
    """Check the magic and tell the byte order: a version is a small number in only one of the two."""
    if len(data) == 0:
        raise GgufHeaderError(GgufFault.EMPTY, "the GGUF file is empty", hint="copy or download the file again")
    start = bytes(data[:8])
    if not MAGIC.startswith(start[:4]):
        raise GgufHeaderError(
            GgufFault.BAD_MAGIC,
            "the file is not a GGUF file",
            detail=f"it begins with {start[:4]!r}, expected {MAGIC!r}",
            hint="name a .gguf file; other formats are converted with llama.cpp's convert_hf_to_gguf.py",
        )
    if len(start) < 8:  # noqa: PLR2004 - four bytes of magic, four of version
        raise truncated(detail=f"the file has {len(data)} bytes")
    return start[4:6] == b"\0\0"


def _pairs(cursor: Cursor, count: int) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for _ in range(count):
        key, type_ = cursor.text(), cursor.integer("I")
        value = _value(cursor, key, type_)
        if value is not None:
            values[key] = value
    return values


def _value(cursor: Cursor, key: str, type_: int) -> Value | None:
    """Read the value of a key that may matter; step over any other and give None."""
    if type_ == ARRAY_TYPE and key.endswith(PER_LAYER_SUFFIXES):
        return max(cursor.numbers() or (), default=None)
    if type_ == STRING_TYPE and key in TEXT_KEYS:
        return cursor.text()
    if type_ in {ARRAY_TYPE, STRING_TYPE}:
        cursor.skip_value(type_)
        return None
    return cursor.number(number_format(type_))


def _tensors(cursor: Cursor, count: int, alignment: int) -> tuple[int, bool]:
    """The bytes of all tensors, and whether each size was known; they must lie within the file."""
    total, end, sizes_known = 0, 0, True
    for _ in range(count):
        name, rank = cursor.text(), cursor.integer("I")
        if rank > MOST_DIMENSIONS:
            raise GgufHeaderError(
                GgufFault.ABSURD, "the GGUF header is malformed", detail=f"`{name}` has {rank} dimensions"
            )
        dimensions = tuple(cursor.integer("Q") for _ in range(rank))
        size = tensor_bytes(cursor.integer("I"), dimensions)
        sizes_known = sizes_known and size is not None
        total += size or 0
        end = max(end, cursor.integer("Q") + (size or 0))
    start = -(-cursor.position // alignment) * alignment
    needed = start + end if count else cursor.position
    if needed > len(cursor.data):
        raise truncated(detail=f"its tensors end at byte {needed}, the file at {len(cursor.data)}")
    return total, sizes_known


def _text(values: dict[str, Value], key: str) -> str | None:
    value = values.get(key)
    if value is None or isinstance(value, str):
        return value
    raise _wrong_type(key, value)


def _integer(values: dict[str, Value], key: str) -> int | None:
    value = values.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _wrong_type(key, value)


def _wrong_type(key: str, value: Value) -> GgufHeaderError:
    return GgufHeaderError(
        GgufFault.MALFORMED, "the GGUF header is malformed", detail=f"`{key}` has the wrong type: {value!r}"
    )
