"""The real llama-server with a tiny model that the tests write themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import builds
from tests.support.auditor import Auditor, auditing
from tests.support.forking import ForkingSandbox, Forks, forks
from tests.support.sandbox import Sandbox
from tests.support.tiny_gguf import write_tiny_gguf


@pytest.fixture(scope="session")
def llama_server() -> Path:
    """The build that most tests use."""
    found = builds.runnable()
    if found is None:
        pytest.skip("no llama-server for this CPU: make b11434")
    return found[1]


EACH = [*(["b10434"] if builds.bundled() else []), pytest.param("b11434", marks=pytest.mark.b11434)]


@pytest.fixture(params=EACH)
def each_build(request: pytest.FixtureRequest) -> Path:
    """Every build that this CPU can run, one after the other."""
    found = builds.bundled() if request.param == "b10434" else builds.b11434()
    if found is None:
        pytest.skip("not here: make b11434")
    return found


@pytest.fixture(scope="session")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is ready in 50 ms."""
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf", context_length=32_768)


@pytest.fixture(scope="session")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditor]:
    """The witness of everything that these tests start."""
    with auditing(tmp_path_factory.getbasetemp()) as auditor:
        yield auditor


@pytest.fixture(autouse=True)
def _audited(auditor: Auditor) -> Iterator[None]:
    """Fails a test that the witness has something against."""
    yield
    if seen := auditor.violations():
        pytest.fail("the auditor saw:\n" + "\n".join(seen))


@pytest.fixture
def sandbox(tmp_path: Path, gguf: Path, llama_server: Path) -> Iterator[Sandbox]:
    """A fleet whose processes end with the test."""
    box = Sandbox(tmp_path, gguf, llama_server)
    yield box
    box.end()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """What forks the commands of all these tests, without the start of Python."""
    with forks(tmp_path_factory.mktemp("forks")) as program:
        yield program


@pytest.fixture
def forking(tmp_path: Path, gguf: Path, llama_server: Path, program: Forks) -> Iterator[ForkingSandbox]:
    """A fleet whose processes end with the test."""
    box = ForkingSandbox(tmp_path, gguf, llama_server, program)
    yield box
    box.end()
