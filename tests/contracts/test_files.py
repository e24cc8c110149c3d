"""The contract of `Files`."""

from pathlib import Path

import pytest

from reconciler.errors import RuntimeFailure
from tests.contracts.bench import Bench


def test_a_file_is_written_whole_and_replaced(bench: Bench) -> None:
    path = bench.directory / "run" / "router.ini"

    for text in ("[a]\n", "[b]\nctx-size = 1\n"):
        bench.files.write(path, text)
        assert bench.files.tail(path) == tuple(text.splitlines())
        assert bench.files.size(path) == len(text)


def test_a_file_has_to_have_a_folder(bench: Bench) -> None:
    with pytest.raises(RuntimeFailure, match="cannot write"):
        bench.files.write(bench.directory / "nowhere" / "router.ini", "[a]\n")


def test_what_is_not_there_is_empty(bench: Bench) -> None:
    path = bench.directory / "none.log"

    assert bench.files.tail(path) == ()
    assert bench.files.size(path) == 0


def test_a_tail_is_the_last_lines_after_an_offset(bench: Bench) -> None:
    path = bench.directory / "some.log"
    bench.files.write(path, "one\ntwo\nthree\nfour\n")

    assert bench.files.tail(path, lines=2) == ("three", "four")
    assert bench.files.tail(path, since=4) == ("two", "three", "four")
    assert bench.files.tail(path, since=19) == ()
    assert bench.files.tail(path, lines=0) == ()


def test_a_tail_begins_with_a_whole_line(bench: Bench) -> None:
    path = bench.directory / "some.log"
    bench.files.write(path, "x" * 70_000 + "\nlast\n")

    assert bench.files.tail(path) == ("last",)


def test_a_log_is_rotated_when_it_is_large_enough(bench: Bench) -> None:
    path = bench.directory / "some.log"
    kept = [bench.directory / f"some.log.{number}" for number in (1, 2, 3)]

    for text in ("first", "second", "third"):
        bench.files.write(path, text)
        bench.files.rotate(path, max_size=100, max_files=2)
        assert bench.files.tail(path) == (text,)
        bench.files.rotate(path, max_size=3, max_files=2)
        assert bench.files.size(path) == 0

    assert [bench.files.tail(one) for one in kept] == [("third",), ("second",), ()]


def test_a_model_is_told_with_what_is_wrong_with_it(bench: Bench) -> None:
    whole, torn, missing = (bench.model(name) for name in ("tiny", "torn", "missing"))

    facts = bench.files.models([whole, torn, missing])

    assert facts[whole].problem == ""
    assert facts[whole].size > 0
    assert facts[whole].architecture == "llama"
    assert facts[torn].problem
    assert "does not exist" in facts[missing].problem
    assert facts[whole] == bench.files.models([whole])[whole]


def test_a_place_without_a_socket_is_clear(bench: Bench) -> None:
    assert bench.files.clear_socket(bench.directory / "none.sock")


def test_a_file_is_no_socket(bench: Bench) -> None:
    path: Path = bench.directory / "file.sock"
    bench.files.write(path, "text")

    assert not bench.files.clear_socket(path)
    assert bench.files.size(path) == 4
