"""What an import makes of settings that belong to a process: keys, ports, addresses, and who starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.legacy_build import add, built
from tests.support.legacy_import import codes, model, taken

KEY = "sk-planted-0123456789"
MORE = "sk-planted-from-the-file"


def with_keys(path: Path, **columns: Any) -> Path:
    """One model, and a row for all servers."""
    built(path, "V2c")
    add(path, "models", id=1, name="m", model_path="/m.gguf")
    return add(path, "model_server_config", **columns)


def test_a_file_of_keys_is_the_key_of_the_servers(tmp_path: Path) -> None:
    found = taken(with_keys(tmp_path / "x.db", api_key_file="/etc/llama/keys.txt"))
    key = found.loaded.spec.server.api_key
    assert key is not None
    assert key.file == "/etc/llama/keys.txt"
    assert (found.imported.files, codes(found)) == ({}, [])


def test_keys_of_a_file_stand_beside_the_key_in_clear_where_they_can_be_read(tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"# ours\n{MORE}\n{KEY}\n")
    found = taken(with_keys(tmp_path / "x.db", api_key=KEY, api_key_file=str(keys)))
    assert found.imported.files == {"api_key": f"{KEY}\n{MORE}"}
    assert "planted" not in found.imported.text + json.dumps(found.imported.report)


@pytest.mark.parametrize("content", [None, "not one key but words\n", "\x00", "x" * 70_000, ""])
def test_a_file_of_keys_that_cannot_be_taken_over_is_told(tmp_path: Path, content: str | None) -> None:
    keys = tmp_path / "keys.txt"
    if content is not None:
        keys.write_text(content)
    found = taken(with_keys(tmp_path / "x.db", api_key=KEY, api_key_file=str(keys)))
    assert found.imported.files == {"api_key": KEY}
    assert "not_carried" in codes(found)
    assert "add the lines of it" in found.imported.text


@pytest.mark.parametrize(("status", "starts"), [("running", True), ("loading", True), ("stopped", False)])
def test_only_what_ran_gets_a_process_that_starts_by_itself(tmp_path: Path, status: str, *, starts: bool) -> None:
    path = built(tmp_path / "own.db", "V1")
    add(path, "models", id=1, name="port", model_path="/m.gguf", port=9002, status=status)
    add(path, "models", id=2, name="path", model_path="/a#b.gguf", status=status)
    add(path, "models", id=3, name="plain", model_path="/m.gguf", status=status)

    found = taken(path)

    models = found.loaded.spec.models
    assert {name: (one.serve, one.enabled) for name, one in models.items()} == {
        "port": ("dedicated", starts), "path": ("dedicated", starts), "plain": ("router", True)
    }  # fmt: skip
    assert models["port"].port == 9002
    assert model(found, "port")["enabled"] is starts


@pytest.mark.parametrize(
    "options",
    [
        {"args": ["--temp", "1", "--api-key", KEY]}, {"args": f"--temp 1 --api-key={KEY}"},
        {"cmd": f"llama-server --api-key '{KEY}' -c 1"}, {"api-key": 8901234567},
        {"env": f"A=1 LLAMA_API_KEY={KEY}"}, {"header": f"Authorization: Bearer {KEY}"},
    ],
)  # fmt: skip
def test_a_secret_among_arguments_or_as_a_number_is_found(tmp_path: Path, options: Any) -> None:
    path = built(tmp_path / "x.db", "J9")
    add(path, "models", id="1", name="m", model_path="/m.gguf", parameters=json.dumps(options | {"tokens": 512}))

    found = taken(path)

    assert set(found.imported.files.values()) <= {KEY, "8901234567"}
    assert len(found.imported.files) == 1
    said = found.imported.text + json.dumps(found.imported.report)
    assert "planted" not in said
    assert "8901234567" not in said


def test_what_one_model_said_and_holds_for_every_server_is_told(tmp_path: Path) -> None:
    path = built(tmp_path / "x.db", "V1")
    add(path, "models", id=1, name="open", model_path="/m.gguf", host="0.0.0.0")
    add(path, "models", id=2, name="other", model_path="/m.gguf")
    found = taken(path)
    told = [one for one in found.imported.report["warnings"] if one["code"] == "for_all"]
    assert [(one["model"], one["column"]) for one in told] == [("open", "models.host")]
    assert found.loaded.spec.server.host == "0.0.0.0"
