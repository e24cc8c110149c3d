import mmap
import struct
from pathlib import Path

import gguf
import pytest

from reconciler.errors import LlamaServerError
from reconciler.llama.ggml_types import BLOCKS, tensor_bytes
from reconciler.llama.gguf import GgufFacts, parse_header
from reconciler.llama.gguf_cursor import GgufFault, GgufHeaderError
from reconciler.llama.shards import shard_names
from tests.support.tiny_gguf import write_large_vocab_gguf, write_tiny_gguf


def facts_of(path: Path) -> GgufFacts:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        return parse_header(view)


def pack_text(text: str, order: str = "<") -> bytes:
    return struct.pack(f"{order}Q", len(text.encode())) + text.encode()


def pack_header(*pairs: bytes, order: str = "<", version: int = 3, tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack(f"{order}IQQ", version, tensors, len(pairs)) + b"".join(pairs)


def pack_number(key: str, value: int, order: str = "<") -> bytes:
    return pack_text(key, order) + struct.pack(f"{order}II", 4, value)


def pack_string(key: str, value: str, order: str = "<") -> bytes:
    return pack_text(key, order) + struct.pack(f"{order}I", 8) + pack_text(value, order)


def pack_array(key: str, element: int, *values: bytes) -> bytes:
    return pack_text(key) + struct.pack("<IIQ", 9, element, len(values)) + b"".join(values)


def test_facts_of_a_written_model_are_what_was_written(tmp_path: Path) -> None:
    facts = facts_of(write_tiny_gguf(tmp_path / "tiny.gguf", context_length=512, name="Tiny model"))

    assert (
        GgufFacts(
            version=3,
            big_endian=False,
            architecture="llama",
            name="Tiny model",
            context_length=512,
            layers=1,
            heads=4,
            heads_kv=4,
            embedding_length=32,
            file_type=0,
            split_count=None,
            split_no=None,
            tensor_count=12,
            tensor_bytes=114_560,
            sizes_known=True,
        )
        == facts
    )


def test_a_key_behind_a_vocabulary_of_262144_tokens_is_found(tmp_path: Path) -> None:
    facts = facts_of(write_large_vocab_gguf(tmp_path / "large.gguf"))

    assert facts.architecture == "gemma3"
    assert facts.file_type == gguf.LlamaFileType.MOSTLY_Q4_K_M


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, second, other = (
        write_tiny_gguf(tmp_path / f"{index}.gguf", seed=seed).read_bytes() for index, seed in enumerate((7, 7, 8))
    )

    assert first == second
    assert first != other


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_and_byte_orders_are_read(order: str, version: int) -> None:
    pairs = (
        pack_string("general.architecture", "qwen3", order),
        pack_number("qwen3.context_length", 40960, order),
    )

    facts = parse_header(pack_header(*pairs, order=order, version=version))

    assert (facts.architecture, facts.context_length) == ("qwen3", 40960)
    assert facts.big_endian == (order == ">")


def test_the_order_of_keys_does_not_matter() -> None:
    tokens = pack_array("tokenizer.ggml.tokens", 8, pack_text("a"), pack_text("b" * 300))
    facts = parse_header(
        pack_header(
            tokens,
            pack_number("llama.block_count", 32),
            pack_array("tokenizer.ggml.scores", 6, struct.pack("<f", 1.0), struct.pack("<f", 2.0)),
            pack_string("general.name", "last"),
            pack_number("split.count", 3),
            pack_number("split.no", 0),
            pack_string("general.architecture", "llama"),
        )
    )

    assert (facts.layers, facts.name, facts.split_count, facts.split_no) == (32, "last", 3, 0)


def test_heads_given_for_each_layer_count_as_the_largest() -> None:
    heads = pack_array("gemma.attention.head_count", 4, *(struct.pack("<I", count) for count in (4, 16, 8)))

    facts = parse_header(pack_header(pack_string("general.architecture", "gemma"), heads))

    assert facts.heads == 16


def test_a_later_shard_has_no_architecture_and_is_fine() -> None:
    facts = parse_header(pack_header(pack_number("split.no", 1), pack_number("split.count", 2)))

    assert (facts.architecture, facts.split_no, facts.split_count) == (None, 1, 2)


def test_a_tensor_of_an_unknown_type_is_counted_but_not_sized() -> None:
    tensor = pack_text("new.weight") + struct.pack("<IQIQ", 1, 64, 9999, 0)

    facts = parse_header(pack_header(tensors=1) + tensor + b"\0" * 64)

    assert (facts.tensor_count, facts.tensor_bytes, facts.sizes_known) == (1, 0, False)


ABSURD_PAIRS = b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60)
ABSURD_TENSORS = b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0)
ABSURD_ARRAY = pack_header(pack_text("a") + struct.pack("<IIQ", 9, 4, 1 << 60))
ABSURD_STRINGS = pack_header(pack_text("a") + struct.pack("<IIQ", 9, 8, 1 << 60))
ENDLESS_KEY = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 63) + b"\0" * 64
ENDLESS_STRING = pack_header(pack_text("a") + struct.pack("<IIQQ", 9, 8, 1, (1 << 64) - 1), b"\0" * 64)
LONG_STRING = pack_header(pack_text("a") + struct.pack("<IQ", 8, (1 << 63) - 1), pack_number("b", 1))
NESTED = pack_header(pack_text("a") + struct.pack("<IIQ", 9, 9, 1))
UNKNOWN_TYPE = pack_header(pack_text("a") + struct.pack("<II", 77, 0))
FRACTION = pack_text("general.file_type") + struct.pack("<If", 6, 1.5)
NUMBER_AS_NAME = pack_header(pack_number("general.architecture", 7))
MANY_DIMENSIONS = pack_header(tensors=1) + pack_text("w") + struct.pack("<I", 1 << 31) + b"\0" * 64


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"", GgufFault.EMPTY, id="empty"),
        pytest.param(b"PK\3\4" + b"\0" * 64, GgufFault.BAD_MAGIC, id="zip"),
        pytest.param(b"GG", GgufFault.TRUNCATED, id="half-magic"),
        pytest.param(b"GGUF\3", GgufFault.TRUNCATED, id="half-version"),
        pytest.param(pack_header(version=1), GgufFault.UNSUPPORTED_VERSION, id="version-1"),
        pytest.param(pack_header(version=9), GgufFault.UNSUPPORTED_VERSION, id="version-9"),
        pytest.param(ABSURD_PAIRS, GgufFault.ABSURD, id="absurd-keys"),
        pytest.param(ABSURD_TENSORS, GgufFault.ABSURD, id="absurd-tensors"),
        pytest.param(ABSURD_ARRAY, GgufFault.ABSURD, id="absurd-array"),
        pytest.param(ABSURD_STRINGS, GgufFault.ABSURD, id="absurd-strings"),
        pytest.param(MANY_DIMENSIONS, GgufFault.ABSURD, id="absurd-dimensions"),
        pytest.param(ENDLESS_KEY, GgufFault.TRUNCATED, id="endless-key"),
        pytest.param(ENDLESS_STRING, GgufFault.TRUNCATED, id="endless-string"),
        pytest.param(LONG_STRING, GgufFault.TRUNCATED, id="long-string"),
        pytest.param(NESTED, GgufFault.MALFORMED, id="array-in-array"),
        pytest.param(UNKNOWN_TYPE, GgufFault.MALFORMED, id="unknown-type"),
        pytest.param(pack_header(FRACTION), GgufFault.MALFORMED, id="fraction-for-number"),
        pytest.param(NUMBER_AS_NAME, GgufFault.MALFORMED, id="number-for-text"),
    ],
)
def test_damage_is_named(data: bytes, fault: GgufFault) -> None:
    with pytest.raises(GgufHeaderError) as caught:
        parse_header(data)

    assert caught.value.fault is fault
    assert isinstance(caught.value, LlamaServerError)


def test_a_file_cut_anywhere_is_an_error_and_never_a_crash(tmp_path: Path) -> None:
    whole = write_tiny_gguf(tmp_path / "tiny.gguf").read_bytes()
    tail = {len(whole) - 40, len(whole) - 4000, 60_000}

    for length in {*range(0, 6500, 13), *tail}:
        with pytest.raises(GgufHeaderError):
            parse_header(whole[:length])


def test_tensor_sizes_agree_with_the_gguf_package() -> None:
    for type_, block in gguf.GGML_QUANT_SIZES.items():
        if int(type_) in BLOCKS:
            assert BLOCKS[int(type_)] == block, type_


def test_the_size_of_an_unknown_tensor_type_is_unknown() -> None:
    assert tensor_bytes(2, (64, 2)) == 72
    assert tensor_bytes(9999, (64, 2)) is None


@pytest.mark.parametrize(
    ("name", "names"),
    [
        pytest.param("plain.gguf", ("plain.gguf",), id="plain"),
        pytest.param(
            "dir/a-00002-of-00003.gguf",
            ("dir/a-00001-of-00003.gguf", "dir/a-00002-of-00003.gguf", "dir/a-00003-of-00003.gguf"),
            id="shard",
        ),
        pytest.param("a-0001-of-0002.gguf", ("a-0001-of-0002.gguf",), id="four-digits"),
        pytest.param("a-00001-of-00000.gguf", ("a-00001-of-00000.gguf",), id="of-none"),
    ],
)
def test_a_shard_name_stands_for_all_shards(name: str, names: tuple[str, ...]) -> None:
    assert names == shard_names(name)
