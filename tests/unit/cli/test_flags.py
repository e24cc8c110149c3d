"""`reconcile flags` against catalogue files: what it lists, compares, checks and writes."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema

from reconciler.render.schemas import SCHEMAS
from tests.support.command import Ended, reconcile
from tests.unit.cli.conftest import CATALOGUE

OTHER = CATALOGUE.with_name("b11434.json")
FLEET = "version: 1\nfleet: f\nmodels:\n  a:\n    path: /a.gguf\n    {}\n    serve: dedicated\n"


def flags(*args: str, cwd: Path, build: Path = CATALOGUE, exits: int = 0) -> Ended:
    ended = reconcile("flags", *args, "--llama-server", str(build), cwd=cwd)
    assert ended.code == exits, ended
    return ended


def test_programs_read_every_flag(tmp_path: Path) -> None:
    found = json.loads(flags("--format", "json", cwd=tmp_path).out)["flags"]

    assert len(found) == len(json.loads(CATALOGUE.read_text())["entries"])
    assert {"flag", "aliases", "env", "setting", "excluded", "default", "removed", "deprecated"} < set(found[0])


def test_people_read_a_comparison(tmp_path: Path) -> None:
    shown = flags("--diff", str(OTHER), cwd=tmp_path).out

    assert shown.startswith("from 0.1.0-dev")
    assert "\n+ --video-fps  multimodal.video_fps\n" in shown


def test_programs_read_a_comparison(tmp_path: Path) -> None:
    found = json.loads(flags("--diff", str(OTHER), "--format", "json", cwd=tmp_path).out)

    assert "--mlock" in {one["flag"] for one in found["removed"]}


def test_what_a_new_build_breaks_is_said_with_its_place_before_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET.format("multimodal: {video_fps: 2}"))

    ended = flags("--check", cwd=tmp_path, exits=1)

    assert "would not take 1 setting of this fleet" in ended.err
    assert "fleet.yaml:6:29  models.a.multimodal.video_fps  [E0401]" in ended.err
    assert "takes every setting of fleet f" in flags("--check", build=OTHER, cwd=tmp_path).out


def test_programs_read_what_a_new_build_breaks(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET.format("multimodal: {video_fps: 2}"))

    document = json.loads(flags("--check", "--format", "json", cwd=tmp_path, exits=1).out)

    jsonschema.validate(document, SCHEMAS["diagnostics"])
    assert [one["code"] for one in document["diagnostics"]] == ["E0401"]


def test_an_exported_catalogue_stands_in_for_the_build(tmp_path: Path) -> None:
    ended = flags("--export", "mine.json", cwd=tmp_path)

    assert (ended.out, (tmp_path / "mine.json").read_text()) == ("", CATALOGUE.read_text())
    assert "wrote mine.json" in ended.err
    assert "same flags" in flags("--diff", str(CATALOGUE), build=tmp_path / "mine.json", cwd=tmp_path).out


def test_a_catalogue_is_exported_to_a_pipe(tmp_path: Path) -> None:
    ended = flags("--export", "-", cwd=tmp_path)

    assert (ended.out, list(tmp_path.iterdir())) == (CATALOGUE.read_text(), [])
    assert "wrote" not in ended.err


def test_a_catalogue_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    assert "hint: name a file" in flags("--export", "no/mine.json", cwd=tmp_path, exits=1).err


def test_a_catalogue_under_a_name_by_which_it_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    assert "ends in `.json`" in flags("--export", "mine.txt", cwd=tmp_path, exits=64).err
    assert list(tmp_path.iterdir()) == []


def test_two_questions_at_once_are_wrong_usage(tmp_path: Path) -> None:
    assert "do not go together" in flags("--check", "--export", "x", cwd=tmp_path, exits=64).err


def test_the_reference_of_settings_is_printed(run: Callable[..., Ended]) -> None:
    assert run("schema", "fleet", "--format", "markdown", catalogue=False).out.startswith("# Settings\n")
    run("schema", "plan", "--format", "markdown", catalogue=False, exits=64)
