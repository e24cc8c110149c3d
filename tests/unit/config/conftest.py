"""What the tests of the configuration share: writing files and collecting what is said about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.domain.codes import CODES
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError

HEAD = "version: 1\nfleet: test\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of the fleet, `fleet.yaml` unless named, and returns its path."""

    def write(text: str | bytes, name: str = "fleet.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def load(*paths: Path, cache: Path | None = None) -> LoadedFleet:
    return load_fleet(paths, cache=cache)


def problems(*paths: Path) -> list[Diagnostic]:
    """Everything that is wrong; none is an error of the test."""
    with pytest.raises(ConfigError) as caught:
        load_fleet(paths)
    found = [one for one in caught.value.diagnostics if isinstance(one, Diagnostic)]
    assert all(one.code in CODES and one.position and one.position.file and one.summary for one in found)
    return found


def places(found: list[Diagnostic]) -> list[tuple[str, int, int]]:
    return [(one.code, one.position.line, one.position.column) for one in found if one.position]
