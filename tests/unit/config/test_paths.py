"""Paths of settings are relative to the file that says them."""

from reconciler.config.paths import resolve_model, resolve_server


def test_files_with_their_strength_are_made_absolute() -> None:
    found = resolve_model({"lora": {"scaled": {"poet.gguf": 0.5, "/b.gguf": 1}}}, "/etc/fleet")
    assert found == {"lora": {"scaled": {"/etc/fleet/poet.gguf": 0.5, "/b.gguf": 1}}}


def test_files_that_are_no_models_and_folders_are_made_absolute() -> None:
    assert resolve_model({"sampling": {"grammar_file": "../g.gbnf"}}, "/etc/fleet") == {
        "sampling": {"grammar_file": "/etc/g.gbnf"}
    }
    assert resolve_server({"media_path": "media", "timeout": 3}, "/etc/fleet") == {
        "media_path": "/etc/fleet/media",
        "timeout": 3,
    }
