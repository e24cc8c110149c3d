import pytest

from reconciler.store.journal_mode import journal_mode

MODES = {
    (3, 37, 2): "truncate",
    (3, 40, 1): "truncate",
    (3, 44, 5): "truncate",
    (3, 44, 6): "wal",
    (3, 44, 9): "wal",
    (3, 45, 0): "truncate",
    (3, 46, 6): "truncate",
    (3, 50, 6): "truncate",
    (3, 50, 7): "wal",
    (3, 51, 0): "truncate",
    (3, 51, 2): "truncate",
    (3, 51, 3): "wal",
    (3, 52, 0): "wal",
    (4, 0, 0): "wal",
}


@pytest.mark.invariant("I33")
@pytest.mark.parametrize(("version", "mode"), MODES.items(), ids=str)
def test_wal_is_for_builds_that_cannot_damage_it(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version, local=True) == mode


@pytest.mark.invariant("I33")
@pytest.mark.parametrize("version", MODES, ids=str)
def test_a_disk_that_others_share_never_gets_wal(version: tuple[int, int, int]) -> None:
    assert journal_mode(version, local=False) == "truncate"
