"""Every side that claims to be the outside runs the same contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.bench import Bench, RealBench
from tests.contracts.simulated_bench import SimulatedBench
from tests.support import builds
from tests.support.tiny_gguf import write_tiny_gguf


@pytest.fixture(params=["real", "simulated"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    real = request.param == "real"
    side: Bench = RealBench(tmp_path, gguf=request.getfixturevalue("gguf")) if real else SimulatedBench(tmp_path)
    yield side
    side.close()


@pytest.fixture(scope="session")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is ready in 50 ms."""
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf", context_length=32_768)


EACH = ["simulated", *(["b10434"] if builds.bundled() else []), pytest.param("b11434", marks=pytest.mark.b11434)]


@pytest.fixture(params=EACH)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A side that has a llama-server."""
    if request.param == "simulated":
        side: Bench = SimulatedBench(tmp_path)
    else:
        found = builds.bundled() if request.param == "b10434" else builds.b11434()
        if found is None:
            pytest.skip("not here: make b11434")
        side = RealBench(tmp_path, llama_server=found, gguf=request.getfixturevalue("gguf"))
    yield side
    side.close()
