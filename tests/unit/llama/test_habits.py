"""One fleet in the words that people use, as the command line that both builds take."""

import json
from pathlib import Path

import pytest

from tests.support import builds
from tests.support.command import reconcile
from tests.unit.llama.test_settings_accepted import complaint

ROOT = Path(__file__).parents[3]
HABITS = ROOT / "tests/fixtures/habits"
BUILDS = ("b10434", "b11434")


def rendered(build: str, store: Path) -> list[str]:
    catalogue = ROOT / f"schemas/llama-server/{build}.json"
    options = ("--llama-server", str(catalogue), "--format", "json", "--store", str(store))
    ended = reconcile("render", "-c", str(HABITS / "fleet.yaml"), *options)
    assert ended.code == 0, ended.out + ended.err
    argv: list[str] = json.loads(ended.out)["models"]["everything"]["argv"]
    return argv[1:]


@pytest.mark.parametrize("build", BUILDS)
def test_the_command_line_says_it_in_the_newest_words_that_the_build_has(build: str, tmp_path: Path) -> None:
    assert rendered(build, tmp_path) == json.loads((HABITS / "argv.json").read_text())


@pytest.mark.parametrize("build", ["b10434", pytest.param("b11434", marks=pytest.mark.b11434)])
def test_the_command_line_is_accepted_by_the_build(build: str, tmp_path: Path) -> None:
    binary = builds.bundled() if build == "b10434" else builds.b11434()
    if binary is None:
        pytest.skip("not here: make b11434")

    assert complaint((str(binary), *rendered(build, tmp_path))) == ""
