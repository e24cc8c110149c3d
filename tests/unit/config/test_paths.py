"""Paths of settings are relative to the file that says them."""

from reconciler.config.node import Node
from reconciler.config.paths import resolve_model, resolve_server
from reconciler.config.source import parse
from reconciler.config.text import Text


def node(text: str) -> Node:
    """What a file of /etc/fleet says."""
    root, problems = parse(Text("fleet.yaml", "/etc/fleet", text))
    assert root is not None
    assert problems == ()
    return root


def test_files_with_their_strength_are_made_absolute() -> None:
    found = resolve_model(node("lora: {scaled: {poet.gguf: 0.5, /b.gguf: 1}}"))
    assert found == {"lora": {"scaled": {"/etc/fleet/poet.gguf": 0.5, "/b.gguf": 1}}}


def test_files_that_are_no_models_and_folders_are_made_absolute() -> None:
    assert resolve_model(node("sampling: {grammar_file: ../g.gbnf}")) == {"sampling": {"grammar_file": "/etc/g.gbnf"}}
    assert resolve_server(node("{media_path: media, timeout: 3}")) == {
        "media_path": "/etc/fleet/media",
        "timeout": 3,
    }
