"""Every side that claims to be the outside runs the same contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.bench import Bench, RealBench


@pytest.fixture(params=["real"])
def bench(tmp_path: Path) -> Iterator[Bench]:
    real = RealBench(tmp_path)
    yield real
    real.close()
