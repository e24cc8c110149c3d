"""Stores of every released version are opened by this one."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.store import Store
from reconciler.store.migrations import MIGRATIONS
from tests.support.stores import FILLED, NOW, open_writer

GOLDEN = Path(__file__).parents[2] / "fixtures/stores"


def test_every_version_has_its_golden_store() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == [
        f"v{number}.db" for number in range(1, len(MIGRATIONS) + 1)
    ]


@pytest.mark.invariant("I17")
@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.stem)
def test_a_golden_store_reads_as_it_was_written(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "store.db")
    with Store.open(tmp_path) as store:
        assert replace(store.record(), migration_pending="") == replace(FILLED, max_stop=None)
        assert [one.spec for one in store.generations()] == [{"version": 1, "fleet": "homelab"}]


@pytest.mark.invariant("I17")
@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.stem)
def test_a_golden_store_can_be_written_on(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "store.db")
    with open_writer(tmp_path) as writer:
        writer.abandon_open_steps(NOW)

        assert writer.record().resources == FILLED.resources
        assert writer.record().open_steps == ()
