"""GGUF files for tests: a llama of one block that starts in milliseconds, and one with a huge vocabulary.

The tiny model talks noise, but always valid text: channel 0 of its residual stream is a constant that nothing
adds to, and the output weights turn it into a hopeless score for every control and byte token. So it never
ends a completion by itself: `n_predict` (or the context) alone says how long a request runs.
"""

from pathlib import Path

import gguf
import numpy as np

WIDTH = 32
HEADS = 4
FEED_FORWARD = 64
CONTROL = ("<unk>", "<s>", "</s>")
WORDS = ("▁", *(chr(ord("a") + index) for index in range(26)))
CONSTANT = 4.0
HOPELESS = -1e4


def write_tiny_gguf(path: Path, *, seed: int = 0, context_length: int = 8192, name: str = "tiny") -> Path:
    """Write a random one-block llama of about 120 KB; the same seed gives the same bytes."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(name)
    writer.add_context_length(context_length)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_vocabulary(writer)
    for tensor, weights in _weights(seed).items():
        writer.add_tensor(tensor, weights)
    return _finish(writer, path)


def write_large_vocab_gguf(path: Path, *, tokens: int = 262_144) -> Path:
    """Write a header as large as that of a model with `tokens` tokens, with one tensor of four bytes."""
    writer = gguf.GGUFWriter(str(path), "gemma3")
    writer.add_name("large vocabulary")
    writer.add_context_length(131_072)
    writer.add_block_count(26)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"token{index}" for index in range(tokens)])
    writer.add_token_scores([0.0] * tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * tokens)
    # Quantizing tools write these last, behind the vocabulary.
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    writer.add_tensor("token_embd.weight", np.zeros(1, dtype=np.float32))
    return _finish(writer, path)


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    """The least that llama.cpp's SPM tokenizer works with: control, all byte tokens, some letters."""
    kinds = (
        [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
        + [gguf.TokenType.BYTE] * 256
        + [gguf.TokenType.NORMAL] * len(WORDS)
    )
    tokens = [*CONTROL, *(f"<0x{byte:02X}>" for byte in range(256)), *WORDS]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(index) for index in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)


def _weights(seed: int) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]:
    random = np.random.default_rng(seed)

    def noise(rows: int, columns: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.2)

    speechless = len(CONTROL) + 256
    vocabulary = speechless + len(WORDS)
    embedding = noise(vocabulary, WIDTH)
    embedding[:, 0] = CONSTANT
    attention_out, feed_forward_out = noise(WIDTH, WIDTH), noise(WIDTH, FEED_FORWARD)
    attention_out[0] = feed_forward_out[0] = 0.0
    output = noise(vocabulary, WIDTH)
    output[:speechless, 0], output[speechless:, 0] = HOPELESS, 0.0
    ones = np.ones(WIDTH, dtype=np.float32)
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": ones,
        "output.weight": output,
        "blk.0.attn_norm.weight": ones,
        "blk.0.attn_q.weight": noise(WIDTH, WIDTH),
        "blk.0.attn_k.weight": noise(WIDTH, WIDTH),
        "blk.0.attn_v.weight": noise(WIDTH, WIDTH),
        "blk.0.attn_output.weight": attention_out,
        "blk.0.ffn_norm.weight": ones,
        "blk.0.ffn_gate.weight": noise(FEED_FORWARD, WIDTH),
        "blk.0.ffn_up.weight": noise(FEED_FORWARD, WIDTH),
        "blk.0.ffn_down.weight": feed_forward_out,
    }


def _finish(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
