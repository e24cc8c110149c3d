from pathlib import Path

import pytest

from reconciler.cli.directory import directory_of, store_directory
from reconciler.cli.request import Common


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("fleet", "name"),
    [
        ("homelab", "homelab"),
        ("a/b", "a%2Fb"),
        ("..", "%2E."),
        (".x", "%2Ex"),
        ("büro 模", "büro 模"),
        ("50%", "50%25"),
    ],
    ids=repr,
)
def test_a_fleet_cannot_leave_the_state_directory(fleet: str, name: str, tmp_path: Path):
    assert directory_of(fleet) == tmp_path / "state" / "reconciler" / name


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nfleet: homelab   # mine\nmodels: {}\n",
        "version: 1\r\nfleet: homelab\r\n",
        "{version: 1, fleet: homelab, models: {}}\n",
        'version: 1\n"fleet": homelab\n',
        "version: 1\nfleet: 'homelab'\n",
        "version: 1\nx-note: |\n  fleet: other\nfleet: homelab\n",
    ],
    ids=["plain", "crlf", "flow", "quoted-key", "quoted-name", "block"],
)
def test_the_name_is_found_however_it_is_written(text: str, tmp_path: Path):
    file = tmp_path / "fleet.yaml"
    file.write_text(text)

    assert store_directory(Common(config=(str(file),))).name == "homelab"


def test_the_named_directory_needs_no_configuration(tmp_path: Path):
    assert store_directory(Common(store=str(tmp_path / "s"))) == tmp_path / "s"
