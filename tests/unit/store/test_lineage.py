"""The lineage outlives the file that holds it."""

import shutil
from pathlib import Path

from reconciler.spec.record import Record
from reconciler.store import Store, Writer
from tests.support.stores import LINEAGE, NOW


def opened(directory: Path, lineage: str | None = None) -> str:
    with Writer.open(directory, now=NOW, fleet="homelab", lineage=lineage) as writer:
        return writer.record().lineage


def test_two_stores_have_two_lineages(tmp_path: Path) -> None:
    assert opened(tmp_path / "one") != opened(tmp_path / "two")


def test_a_lineage_stays(tmp_path: Path) -> None:
    assert opened(tmp_path) == opened(tmp_path) == (tmp_path / "run/lineage").read_text().strip()


def test_a_store_without_its_file_is_known_by_the_one_beside_it(tmp_path: Path) -> None:
    before = opened(tmp_path)
    (tmp_path / "store.db").unlink()
    with Store.open(tmp_path) as store:
        assert store.record() == Record(lineage=before)
        assert store.lineage == before

    assert opened(tmp_path) == before


def test_the_file_beside_it_is_written_again(tmp_path: Path) -> None:
    before = opened(tmp_path)
    shutil.rmtree(tmp_path / "run")

    assert opened(tmp_path) == before
    assert (tmp_path / "run/lineage").read_text() == f"{before}\n"


def test_what_living_children_carry_wins(tmp_path: Path) -> None:
    assert opened(tmp_path / "fresh", LINEAGE) == LINEAGE

    opened(tmp_path / "known")

    assert opened(tmp_path / "known", LINEAGE) == opened(tmp_path / "known") == LINEAGE


def test_nothing_at_all_is_an_empty_record(tmp_path: Path) -> None:
    with Store.open(tmp_path / "nowhere") as store:
        assert store.record() == Record(lineage="")
    assert not list(tmp_path.iterdir())
