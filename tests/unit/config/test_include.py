"""`include`: files, directories and patterns become part of the fleet, and a slip of the pen is told."""

from pathlib import Path

import pytest

from reconciler.config import files as reading
from reconciler.config import include as including
from reconciler.config.files import Shelf, gather
from reconciler.config.reading import read
from reconciler.domain.diagnostic import MOST_PROBLEMS
from tests.unit.config.conftest import HEAD, Write, load, places, problems

TOP = HEAD + "router: {models_max: 0}\n"


def model(name: str) -> str:
    return f"models: {{{name}: {{path: {name}.gguf}}}}\n"


@pytest.fixture
def several(write: Write) -> Write:
    """Files of one model each, in directories, hidden and with other endings."""
    for path in ("models/b.yaml", "models/a.yml", "models/deep/c.yaml", "models/deep/er/d.yaml", "extra.yaml"):
        write(model(Path(path).stem), path)
    for path in ("models/.hidden.yaml", "models/.git/e.yaml", "models/notes.txt", "models/deep/.f.yaml"):
        write("nonsense: [", path)
    return write


@pytest.mark.parametrize(
    ("said", "models"),
    [
        ("models/*.yaml", "b"),
        ("[models/*.yaml, extra.yaml]", "b extra"),
        ("models/*", "a b"),
        ("models", "a b"),
        ("models/", "a b"),
        ("./models/../models/?.y*ml", "a b"),
        ("models/[ab].y*", "a b"),
        ("models/**/*.yaml", "b c d"),
        ("models/**", "a b c d"),
        ("'**/d.yaml'", "d"),
        ("'**/**/er/*'", "d"),
        ("models/*/*.yaml", "c"),
        ("[extra.yaml, extra.yaml, '*xtra.yaml']", "extra"),
        ("[]", ""),
        ("", ""),
    ],
)
def test_an_include_takes_the_files_that_it_says(several: Write, said: str, models: str) -> None:
    path = several(f"{TOP}include: {said}\n")

    assert sorted(load(path).spec.models) == models.split()


def test_paths_and_includes_of_an_included_file_start_from_it(write: Write, tmp_path: Path) -> None:
    write("include: sub/b.yaml\n" + model("a"), "models/a.yaml")
    write(model("b"), "models/sub/b.yaml")

    loaded = load(write(f"{TOP}include: models/a.yaml\n"))

    assert [one.path for one in loaded.spec.models.values()] == [
        f"{tmp_path}/models/a.gguf",
        f"{tmp_path}/models/sub/b.gguf",
    ]
    assert [str(one.relative_to(tmp_path)) for one in loaded.files] == [
        "fleet.yaml",
        "models/a.yaml",
        "models/sub/b.yaml",
    ]


def test_files_may_be_named_from_the_root_and_from_home(
    several: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = several(f"{TOP}include: [~/models, {tmp_path}/extra.yaml]\n")

    assert sorted(load(path).spec.models) == ["a", "b", "extra"]


def test_a_file_is_shown_as_one_would_reach_it(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("models: {a: {path: 3}}\n", "conf/models/a.yaml")
    write(f"{TOP}include: models/*.yaml\n", "conf/fleet.yaml")

    (found,) = problems(Path("conf/fleet.yaml"))

    assert found.position is not None
    assert found.position.file == "conf/models/a.yaml"


@pytest.mark.parametrize(
    ("said", "code", "column", "hint"),
    [
        ("modles/a.yml", "E0601", 10, "mend the path, or remove it"),
        ("models/aa.yml", "E0601", 10, "did you mean `models/a.yml`?"),
        ("[models, extra.yml]", "E0601", 19, "did you mean `extra.yaml`?"),
        ("modles/*.yaml", "E0601", 10, "mend the pattern, or remove it"),
        ("modles/**/*.yaml", "E0601", 10, "mend the pattern, or remove it"),
        ("models/*.txt", "E0601", 10, "mend the pattern, or remove it"),
        ("empty", "E0113", 10, "write `"),
        ("'${env:HOME}/x.yaml'", "E0601", 10, "variables are not replaced in `include`"),
        ("/dev/null", "E0112", 10, "write the configuration to a file"),
        ("loop.yaml", "E0112", 10, "mend the path"),
        ("3", "E0201", 10, "write `include: [models/*.yaml]`"),
        ("{a: b}", "E0201", 1, "write `include: [models/*.yaml]`"),
        ("[[a]]", "E0201", 11, "write `include: [models/*.yaml]`"),
        ("''", "E0201", 10, "write `include: [models/*.yaml]`"),
        ('"a\\0b"', "E0110", 10, "remove the escape"),
        (f"{'a' * 300}.yaml", "E0112", 10, "mend the path"),
    ],
)
def test_an_include_that_leads_nowhere_is_told_at_its_line(
    several: Write, tmp_path: Path, said: str, code: str, column: int, hint: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    (found,) = problems(several(f"{TOP}include: {said}\n"))

    assert places([found]) == [(code, 4, column)]
    assert hint in found.hint


def test_a_missing_file_hides_no_other_problem_and_makes_none(write: Write) -> None:
    text = "include: [absent.yaml]\nmodels: {a: {path: x, portt: 1}, b: {path: 3}}\n"

    assert places(problems(write(text))) == [("E0601", 1, 11), ("E0204", 2, 23), ("E0201", 2, 44)]


def test_a_file_that_cannot_be_understood_hides_no_problem_of_another_and_makes_none(write: Write) -> None:
    write("fleet: x\nrouter: {}\nvariables: {ctx: 4096}\n broken: [", "broken.yaml")
    text = "version: 1\ninclude: broken.yaml\nmodels:\n  a: {path: x, memory: {ctx_size: '${ctx}', kep: 1}}\n"

    assert places(problems(write(text))) == [("E0101", 4, 2), ("E0204", 4, 45)]


@pytest.mark.parametrize(
    ("files", "file", "chain"),
    [
        ({"fleet.yaml": "fleet.yaml"}, "fleet.yaml", "fleet.yaml → fleet.yaml"),
        ({"fleet.yaml": "a.yaml", "a.yaml": "fleet.yaml"}, "a.yaml", "fleet.yaml → a.yaml → fleet.yaml"),
        ({"fleet.yaml": "a.yaml", "a.yaml": "b.yaml", "b.yaml": "./a.yaml"}, "b.yaml", "a.yaml → b.yaml → a.yaml"),
        ({"fleet.yaml": "'?.yaml'", "a.yaml": "fleet.yaml"}, "a.yaml", "fleet.yaml → a.yaml → fleet.yaml"),
    ],
)  # fmt: skip
def test_files_that_include_each_other_are_told_with_the_chain(
    write: Write, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], file: str, chain: str
) -> None:
    for name, said in files.items():
        top = TOP if name == "fleet.yaml" else "x-1: 1\nx-2: 2\nx-3: 3\n"
        monkeypatch.chdir(write(f"{top}include: {said}\n", name).parent)

    (found,) = problems(Path("fleet.yaml"))

    assert places([found]) == [("E0602", 4, 10)]
    assert (found.position and found.position.file, found.detail) == (file, chain)


def test_a_long_circle_is_shown_short(write: Write) -> None:
    for number in range(1_500):
        write(f"include: f{(number + 1) % 1_500}.yaml\n", f"f{number}.yaml")

    (found,) = problems(write(f"{TOP}include: f0.yaml\n"))

    assert (found.code, found.detail.count(" → ")) == ("E0602", 6)


def test_a_pattern_passes_over_the_files_that_it_comes_from(write: Write) -> None:
    write("include: '*.yaml'\n" + model("a"), "a.yaml")

    assert sorted(load(write(f"{TOP}include: '*.yaml'\n")).spec.models) == ["a"]


def test_a_file_reached_in_two_ways_is_read_once(write: Write, tmp_path: Path) -> None:
    write(model("a"), "a.yaml")
    write("include: a.yaml\n" + model("b"), "b.yaml")
    (tmp_path / "link.yaml").symlink_to("a.yaml")

    loaded = load(write(f"{TOP}include: [a.yaml, link.yaml, b.yaml]\n"))

    assert [one.name for one in loaded.files] == ["fleet.yaml", "a.yaml", "b.yaml"]


def test_links_that_go_in_circles_end(several: Write, tmp_path: Path) -> None:
    (tmp_path / "models/one").symlink_to("..")
    (tmp_path / "models/deep/two").symlink_to("../..")

    assert sorted(load(several(f"{TOP}include: models/**/*.yaml\n")).spec.models) == ["b", "c", "d"]


def test_two_files_that_define_one_model_show_both_places(several: Write) -> None:
    (found,) = problems(several(f"{TOP}include: models/b.yaml\nmodels: {{b: {{path: x}}}}\n"))

    assert places([found]) == [("E0301", 1, 10)]
    assert found.detail.endswith("fleet.yaml:5:10")


def test_too_many_files_are_one_problem(several: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_FILES", 3)

    assert places(problems(several(f"{TOP}include: models/**\n"))) == [("E0603", 4, 10)]


def test_too_many_bytes_are_one_problem(several: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)

    assert places(problems(several(f"{TOP}include: [models/**, extra.yaml]\n")))[0] == ("E0603", 4, 11)


def test_a_pattern_that_looks_into_everything_ends(several: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(including, "MAX_DIRECTORIES", 2)

    assert places(problems(several(f"{TOP}include: '**/*.yaml'\n"))) == [("E0603", 4, 10)]


def test_every_file_may_have_includes_of_its_own_and_variables_for_all(write: Write) -> None:
    write("variables: {size: 8b}\ninclude: [b.yaml]\n", "a.yaml")
    write("variables: {kind: q4}\n", "b.yaml")
    path = write(TOP + "include: a.yaml\nmodels: {m: {path: '${size}-${kind}.gguf'}}\n")

    assert load(path).spec.models["m"].path == str(path.parent / "8b-q4.gguf")


def test_files_with_very_many_problems_end_before_the_last_one(write: Write) -> None:
    for name in "abcde":
        write("x: 1\n" * 150, f"{name}.yaml")

    found = problems(write(f"{TOP}include: [a.yaml, b.yaml, c.yaml, d.yaml, e.yaml]\n"))

    assert len(found) == MOST_PROBLEMS


def test_lines_that_lead_nowhere_end_before_the_last_one(write: Write) -> None:
    lines = "".join(f"- nothing{number}.yaml\n" for number in range(1000))
    path = write(f"{TOP}include:\n{lines}")
    roots, _ = gather([path])

    assert len(read(roots, Shelf()).inclusions) <= MOST_PROBLEMS + 1


def test_among_very_many_names_nobody_looks_for_the_nearest(write: Write) -> None:
    for number in range(including.MAX_SIBLINGS):
        write("x-a: 1\n", f"more/file{number}.yaml")

    assert problems(write(f"{TOP}include: more/fle1.yaml\n"))[0].hint.startswith("did you mean `more/file1.yaml`")
    write("x-a: 1\n", "more/another.yaml")
    assert problems(write(f"{TOP}include: more/fle1.yaml\n"))[0].hint == "mend the path, or remove it"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs the files of a Linux kernel")
def test_files_of_the_kernel_are_never_read(write: Write) -> None:
    assert places(problems(write(f"{TOP}include: /proc/version\n"))) == [("E0112", 4, 10)]
