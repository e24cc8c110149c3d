"""What a document means does not depend on who reads it: our reader, ruamel.yaml, or either parser below ours."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reconciler.config.node import Node
from reconciler.config.source import parse
from reconciler.config.text import Text

WORDS = (
    "on", "off", "yes", "no", "y", "n", "true", "True", "TRUE", "tRue", "false", "null", "Null", "~", "''", '""',
    "a", "é", "0", "-0", "+1", "12", "012", "0o17", "0x1F", "0b1", "1_000", "1:30", "1.", ".5", "-.5", "+.5", "1e3",
    "1E-3", "1.5e+3", "e3", ".", "+", "..", ".inf", "-.INF", "+.Inf", "1.2.3", "2024-01-31", "2024-01-31 10:00:00",
    "=", "<", "0x", "0o8", "1e400", "'12'", '"12"', "'it''s'", '"\\x41\\u00e9\\n"', "'<<'", "a b", "a#b", "a:b",
    "http://x", "32k", "10m", "50%", "8100-8199", "!!str 12", "!!str null", "--x",
)  # fmt: skip
MORE_THAN_CORE = frozenset({"0b1", "1_000", "2024-01-31", "2024-01-31 10:00:00", "="})
"""What ruamel.yaml reads by types that the core schema of YAML 1.2 does not have."""

SCALARS = st.sampled_from(sorted({*WORDS} - MORE_THAN_CORE))
KEYS = st.sampled_from(["a", "b", "'c d'", '"e"', "on", "yes", "f-g", "h_i", "--x", "é"])
PURE = YAML(typ="safe", pure=True)


def _flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sequences = st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    mappings = st.dictionaries(KEYS, inner, max_size=3).map(
        lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
    )
    return sequences | mappings


VALUES = st.recursive(SCALARS, _flow, max_leaves=6)
BLOCKS = st.sampled_from(
    ["|\n  one\n   two\n", ">-\n  one\n  two\n\n  three\n", "\n  - a\n  - b: 1\n    c: ~\n", "\n  deep:\n    er: 1.\n"]
)
DOCUMENTS = st.dictionaries(KEYS, VALUES.map(lambda one: f"{one}\n") | BLOCKS, min_size=1, max_size=5).map(
    lambda items: "".join(f"{key}: {value}" for key, value in items.items())
)


def ours(text: str, loader: Any = None) -> tuple[Node | None, list[tuple[str, int, int]]]:
    root, found = parse(Text("fleet.yaml", "/", text), loader=loader)
    return root, [(one.code, one.position.line, one.position.column) for one in found if one.position]


def comparable(value: Any) -> Any:
    """With types, which Python's equality looks past; a NaN is not equal to itself."""
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    return type(value).__name__, repr(value)


def placed(node: Node) -> Any:
    """The nodes with what they are and where."""
    inside = [placed(one) for one in node.items or ()]
    inside += [(key, one.place[1:], placed(one.node)) for key, one in (node.entries or {}).items()]
    return comparable(node.value), node.place[1:], inside


@settings(max_examples=400, deadline=None)
@given(text=DOCUMENTS)
def test_it_means_what_another_reader_of_yaml_1_2_says(text: str) -> None:
    root, found = ours(text)
    try:
        expected = PURE.load(text)
    except YAMLError:
        assert found, "refused there"
        return

    if not found:
        assert root
        assert comparable(root.value) == comparable(expected)


@settings(max_examples=400, deadline=None)
@given(text=DOCUMENTS)
def test_both_parsers_give_the_same_nodes_at_the_same_places(text: str) -> None:
    c_root, c_found = ours(text, yaml.CSafeLoader)
    python_root, python_found = ours(text, yaml.SafeLoader)

    assert c_found == python_found
    if c_root and python_root:
        assert placed(c_root) == placed(python_root)
    else:
        assert c_root is python_root


@pytest.mark.parametrize("word", WORDS)
def test_every_word_means_the_same(word: str) -> None:
    root, found = ours(f"key: {word}\n")

    assert not found
    assert root
    expected = {"key": word} if word in MORE_THAN_CORE else PURE.load(f"key: {word}\n")
    assert comparable(root.value) == comparable(expected)
