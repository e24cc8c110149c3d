"""Model files, private files and logs."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from reconciler.errors import RuntimeFailure
from reconciler.runtime.files import HostFiles, private_directory
from tests.support.tiny_gguf import write_tiny_gguf


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


def test_a_whole_model_has_no_problem(gguf: Path) -> None:
    facts = HostFiles().model(str(gguf))

    assert facts.problem == ""
    assert (facts.size, facts.mtime_ns) == (gguf.stat().st_size, gguf.stat().st_mtime_ns)


def test_the_architecture_of_a_model_is_known_and_remembered(gguf: Path, tmp_path: Path) -> None:
    cache = tmp_path / "files.json"
    first = HostFiles(cache).models([str(gguf)])

    assert first[str(gguf)].architecture == "llama"
    assert HostFiles(cache).models([str(gguf)]) == first


@pytest.mark.parametrize("entry", [[1], [0, 0], None, ["x", "y", 1]], ids=str)
def test_a_memory_of_another_form_is_not_believed(gguf: Path, tmp_path: Path, entry: object) -> None:
    cache = tmp_path / "files.json"
    cache.write_text(json.dumps({str(gguf): entry}))

    assert HostFiles(cache).models([str(gguf)])[str(gguf)].architecture == "llama"


@pytest.mark.parametrize(
    ("keep", "problem"),
    [(0, "empty"), (100, "more than it can hold"), (-1, "truncated")],
    ids=["empty", "within-the-header", "within-the-tensors"],
)
def test_a_part_of_a_model_is_refused(gguf: Path, tmp_path: Path, keep: int, problem: str) -> None:
    part = tmp_path / "part.gguf"
    part.write_bytes(gguf.read_bytes()[:keep])

    facts = HostFiles().model(str(part))

    assert problem in facts.problem
    assert facts.hint


def test_what_is_no_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("this is not a model, only text")

    assert "is a directory" in HostFiles().model(str(tmp_path)).problem
    assert "does not exist" in HostFiles().model(str(tmp_path / "none.gguf")).problem
    assert "not a GGUF" in HostFiles().model(str(tmp_path / "text.gguf")).problem


def test_missing_shards_are_named(gguf: Path, tmp_path: Path) -> None:
    first, third = tmp_path / "m-00001-of-00003.gguf", tmp_path / "m-00003-of-00003.gguf"
    shutil.copy(gguf, first)
    shutil.copy(gguf, third)
    files = HostFiles()

    assert "m-00002-of-00003.gguf" in files.model(str(first)).problem

    shutil.copy(gguf, tmp_path / "m-00002-of-00003.gguf")
    assert files.model(str(first)).problem == ""
    third.unlink()
    assert "m-00003-of-00003.gguf" in files.model(str(first)).problem


def test_what_was_learned_is_kept_for_the_next_process_until_the_file_changes(gguf: Path, tmp_path: Path) -> None:
    model, cache = tmp_path / "m.gguf", tmp_path / "cache" / "models.json"
    shutil.copy(gguf, model)
    private_directory(cache.parent)
    first = HostFiles(cache)
    first.models([str(model)])

    assert cache.exists()
    assert HostFiles(cache).model(str(model)) == first.model(str(model))
    model.write_bytes(b"GGUF")
    assert "truncated" in HostFiles(cache).model(str(model)).problem


@pytest.mark.parametrize("content", ["", "[]", '{"x": 1}'])
def test_a_damaged_cache_is_no_harm(gguf: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "cache").write_text(content)

    assert HostFiles(tmp_path / "cache").model(str(gguf)).problem == ""


def test_a_written_file_is_whole_private_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "router.ini"
    path.write_text("old")

    HostFiles().write(path, "new é")

    assert path.read_text(encoding="utf-8") == "new é"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(RuntimeFailure, match="cannot write"):
        HostFiles().write(tmp_path / "taken", "x")
    with pytest.raises(RuntimeFailure, match="cannot write"):
        HostFiles().write(tmp_path / "none" / "file", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_tail_of_a_log_are_its_last_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(20_000)) + "last, without end")
    files = HostFiles()

    assert files.tail(log, lines=2) == ("line 19999", "last, without end")
    everything = files.tail(log, lines=1_000_000)
    assert 1000 < len(everything) < 20_000
    assert everything[0].startswith("line ")
    assert files.tail(log, lines=0) == ()
    assert files.tail(tmp_path / "none") == ()
    assert files.size(tmp_path / "none") == 0
    assert files.size(log) == log.stat().st_size


def test_a_log_may_hold_any_bytes(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"ok\n\xff\xfe broken\n")

    assert HostFiles().tail(tmp_path / "log")[0] == "ok"


def _contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}


def test_a_large_log_is_moved_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for text in ("one", "two", "three"):
        log.write_text(text)
        log.chmod(0o600)
        HostFiles().rotate(log, max_size=3, max_files=2)

    assert _contents(tmp_path) == {"a.log.1": "three", "a.log.2": "two"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(("max_files", "kept"), [(1, {"a.log.1"}), (0, set())])
def test_fewer_files_than_before_are_kept_when_that_is_said(tmp_path: Path, max_files: int, kept: set[str]) -> None:
    for name in ("a.log", "a.log.1", "a.log.2", "a.log.9"):
        (tmp_path / name).write_text(name)

    HostFiles().rotate(tmp_path / "a.log", max_size=1, max_files=max_files)

    assert _contents(tmp_path) == dict.fromkeys(kept, "a.log")


def test_a_log_that_is_small_empty_or_missing_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "small.log").write_text("ab")
    (tmp_path / "empty.log").touch()

    HostFiles().rotate(tmp_path / "small.log", max_size=3, max_files=2)
    HostFiles().rotate(tmp_path / "empty.log", max_size=0, max_files=2)
    HostFiles().rotate(tmp_path / "none" / "none.log", max_size=0, max_files=2)

    assert _contents(tmp_path) == {"small.log": "ab", "empty.log": ""}


def test_what_lies_beside_a_log_is_not_touched(tmp_path: Path) -> None:
    others = dict.fromkeys(("b.log", "b.log.1", "a.log.gz", "a.log.1.gz", "a.log.old"), "x")
    for name in ("a.log", *others):
        (tmp_path / name).write_text("x")

    HostFiles().rotate(tmp_path / "a.log", max_size=1, max_files=0)

    assert _contents(tmp_path) == others


def test_a_log_that_cannot_be_moved_stays_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x")
    (tmp_path / "a.log.1" / "taken").mkdir(parents=True)

    HostFiles().rotate(tmp_path / "a.log", max_size=1, max_files=1)

    assert (tmp_path / "a.log").read_text() == "x"


def test_a_directory_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)

    for path in (private_directory(tmp_path / "a" / "b"), private_directory(tmp_path / "open")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeFailure, match="cannot prepare"):
        private_directory(tmp_path / "file")
