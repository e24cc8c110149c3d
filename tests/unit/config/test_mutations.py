"""
Ten thousand damaged files: each is a fleet or a `ConfigError` with places, whatever stands in it.

A load takes about a millisecond, most of them less: most damage is met by the parser.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config.load import load_fleet
from reconciler.domain.codes import CODES
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import parse_help
from tests.support.memory import forget_peak, peak
from tests.unit.config.conftest import HEAD

ROOT = Path(__file__).parents[3]
FILES, SHARDS = 10_000, 20
MOST_MEMORY = 300 * 2**20
CATALOGUE = parse_help((ROOT / "tests/fixtures/llama-server/llama-server-b10434-help.txt").read_text(), build="b10434")

EVERYTHING = """\
version: 1
fleet: all
required_version: ">=0.1,<9"
llama_server: ./bin/llama-server
x-common: &common {ctx_size: 32k, cache_type_k: q8_0}
x-more: &more
  <<: *common
  load_mode: mlock
server: {host: 127.0.0.1, ports: 8100-8199, api_key: {env: KEY}, timeout: 10m, threads: 8, memory: *more}
router: {port: 8080, models_max: 3, autoload: true, health: {stop_grace: 500ms}}
logging: {level: info, file: {max_size: 10MiB, max_files: 7}}
safety: {max_stop: 50%, allow_empty: false}
defaults: {gpu: {layers: all, tensor_split: [3, 1]}, extra_args: {--no-warmup: true}}
models:
  chat:
    path: ../models/chat.gguf
    load: on-demand
    aliases: [one, "two"]
    sampling: {temperature: 0.7, top_k: 20, samplers: [top_k, temperature], logit_bias: ["15043+1"]}
    chat_template_kwargs: {a: [1, {b: null}], c: 1e3}
  embed:
    path: /models/embed.gguf
    serve: dedicated
    port: 8101
    env: {CUDA_VISIBLE_DEVICES: "1"}
    lora: {adapters: {a.gguf: 0.5}}
    moved_from: old
    protect: yes
  'quoted name': {path: "a\\tb", enabled: false}
"""
NASTY = (
    EVERYTHING,
    HEAD + "models: {a: &a {path: x, aliases: [&b c, *b]}, d: {<<: [*a, *a], path: y}}\n",
    HEAD + "x-a: |\n  text\n   more\nx-b: >-\n  folded\n\n  text\nx-c: 'it''s'\nx-d: \"\\u263a \\x41 \\\n  b\"\n",
    HEAD + "? models\n: ? a\n  : ? path\n    : x\n",
    HEAD + "x-n: [0x1f, 0o17, 1_000, .5, -.inf, .nan, 1e400, 99999999999999999999, 012, ~, NULL, off]\n",
    "%YAML 1.2\n%TAG !e! tag:e,2000:\n---\n" + HEAD + "x-t: !!str 1\n...\n",
    "\ufeff" + HEAD + "# comment\r\nmodels:\r\n  a: {path: x}\r\n",
    '{"version": 1, "fleet": "json", "models": {"a": {"path": "x", "aliases": []}}}',
    HEAD + "models:\n- path: x\n-\n  - y\n",
)
CORPUS = [
    *(one.encode() for one in NASTY),
    *(file.read_bytes() for file in sorted((ROOT / "examples").glob("*/*.yaml"))),
    *(file.read_bytes() for file in sorted((ROOT / "tests/plans").glob("*/fleet.yaml"))),
]
PIECES: tuple[str, ...] = (
    *"[]{}:,&*!|>'\"%@`#-?~\t\n\r\0 ", "<<: ", "*a", "&a ", "!!", "---\n", "...\n", "\ufeff", "\u2028", "null", "- ",
    "0x", "[[[[", "99" * 99, "\x1b", "\ud800", "é", "😀", "!!binary ", "%YAML 9.9\n", '"\\U0FFFFFFF"', "]" * 9, "1e999",
    "models:\n", "  ", ": {", "-1", "''", "{env: A}", "32k", "true", "\\", "~/x", "* *",
)  # fmt: skip
Mutation = Callable[[random.Random, bytes], bytes]


def _bytes(chance: random.Random, data: bytes) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + chance.randbytes(chance.randint(0, 4)) + data[start + chance.randint(0, 4) :]


def _piece(chance: random.Random, data: bytes) -> bytes:
    start = chance.randint(0, len(data))
    piece = chance.choice(PIECES).encode("utf-8", "surrogatepass")
    return data[:start] + piece * chance.choice((1, 1, 1, 3, 60)) + data[start + chance.choice((0, 0, 1, 7)) :]


def _lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            lines[first], lines[second] = lines[second], lines[first]
        case 1:
            lines.insert(first, lines[second])
        case 2:
            del lines[first]
        case 3:
            lines[first] = b" " * chance.randint(0, 6) + lines[first].lstrip()
        case _:
            lines[first:] = lines[second:]
    return b"".join(lines)


def _words(chance: random.Random, data: bytes) -> bytes:
    words: list[bytes] = data.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(chance.choice(CORPUS).split()).strip()
    return b" ".join(words)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _recoded(chance: random.Random, data: bytes) -> bytes:
    charset = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037"))
    return data.decode(errors="replace").encode(charset, "replace")


KINDS: tuple[Mutation, ...] = (*(_bytes, _piece, _lines, _words) * 4, _cut, _recoded)


def outcome(path: Path) -> str:
    """Loads it; a problem has a code, words and a place in the file."""
    try:
        found: tuple[object, ...] = load_fleet([path], catalogue=CATALOGUE).diagnostics
    except ConfigError as error:
        found = error.diagnostics or ("refused without a reason",)
    for one in found:
        assert isinstance(one, Diagnostic)
        assert one.code in CODES
        assert one.summary
        assert one.position
        assert one.position.file == str(path)
        assert (one.position.line > 0) == (one.position.column > 0)
        assert len(one.summary) + len(one.detail) + len(one.hint) + len(one.path) < 5000
        assert (one.summary + one.hint).isprintable(), one
    return next((one.code for one in found if isinstance(one, Diagnostic)), "fine")


@pytest.mark.invariant("I20", "I21", cases=FILES // SHARDS)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_damaged_file_is_a_fleet_or_a_config_error(shard: int, tmp_path: Path) -> None:
    chance, path = random.Random(shard), tmp_path / "fleet.yaml"  # noqa: S311 - the same files each time
    outcomes, before = set(), forget_peak()
    for number in range(FILES // SHARDS):
        data = CORPUS[(shard + number) % len(CORPUS)]
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = chance.choice(KINDS)(chance, data)
        path.write_bytes(data)
        outcomes.add(outcome(path))

    assert len(outcomes) > 10, "most kinds of damage are met"
    assert peak() - before < MOST_MEMORY


EXAMPLES = 300
EDITS = st.lists(
    st.tuples(st.integers(0, len(EVERYTHING)), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=3)),
    max_size=6,
)


@pytest.mark.invariant("I20", cases=EXAMPLES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_any_edit_leaves_a_fleet_or_a_config_error(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    text = EVERYTHING
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    path = tmp_path / "fleet.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    outcome(path)
