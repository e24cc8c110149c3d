"""Twelve mistakes of twelve kinds in one fleet of several files: each is told, once, at its place."""

import json
from pathlib import Path

import pytest

from reconciler.config.load import load_fleet
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import Catalogue
from tests.support.command import reconcile

TOP = Path(__file__).parents[3]
FOLDER = TOP / "tests/fixtures/mistakes"
NEWER = TOP / "schemas/llama-server/b11434.json"

MISTAKES = {
    "bad include": ("E0601", "fleet.yaml", 4, 26),
    "cycle": ("E0610", "fleet.yaml", 7, 10),
    "unknown key": ("E0204", "fleet.yaml", 15, 12),
    "wrong type": ("E0201", "fleet.yaml", 22, 20),
    "out of range": ("E0202", "fleet.yaml", 23, 14),
    "bad name": ("E0302", "fleet.yaml", 24, 3),
    "duplicate key": ("E0103", "fleet.yaml", 29, 5),
    "port clash": ("E0304", "fleet.yaml", 30, 11),
    "alias clash": ("E0303", "models/more.yaml", 4, 15),
    "unknown variable": ("E0607", "models/more.yaml", 6, 17),
    "flag gone in this build": ("E0403", "models/more.yaml", 9, 18),
    "duplicate model in two files": ("E0301", "models/twice.yaml", 2, 3),
}


def test_each_mistake_is_told_once_at_its_line_and_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    catalogue = Catalogue.from_json(json.loads(NEWER.read_bytes()))

    with pytest.raises(ConfigError) as caught:
        load_fleet([Path("fleet.yaml")], catalogue=catalogue)

    found = [
        (one.code, one.position.file, one.position.line, one.position.column)
        for one in caught.value.diagnostics
        if isinstance(one, Diagnostic) and one.position
    ]
    assert len(caught.value.diagnostics) == 12
    assert found == list(MISTAKES.values())


def test_validate_prints_them_with_line_marker_and_way_out() -> None:
    ended = reconcile("validate", "--llama-server", str(NEWER), cwd=FOLDER)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (FOLDER / "expected.txt").read_text()
