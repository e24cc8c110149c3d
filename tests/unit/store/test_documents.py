"""What was applied is read as it was written, whatever it is; the columns hold all that a setting can be."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.names import ROUTER, SlotUid, model_id
from reconciler.errors import StoreError
from reconciler.spec.memory import MemorySettings
from reconciler.spec.record import Applied, ResourceRecord
from reconciler.store import Writer
from tests.support import applied
from tests.support.stores import NOW, open_writer

chosen = st.lists(st.sampled_from(applied.samples()), max_size=12).map(dict)
specs = (
    st.builds(applied.model, chosen)
    | st.builds(lambda flat: applied.model(flat, serve="router"), chosen)
    | st.builds(applied.router, chosen)
)


def line(one: Applied, name: str = "m") -> ResourceRecord:
    resource = ROUTER if one.serve == "process" else model_id(name)
    return ResourceRecord(resource=resource, uid=SlotUid(f"uid-{name}"), applied=one, desired_running=True)


def read(writer: Writer) -> Applied | None:
    [found] = writer.record().resources.values()
    return found.applied


def text(one: Applied | None) -> str:
    """Two documents of one text give one command line: `1` and `1.0` are equal, and two."""
    return json.dumps(one.document if one else None, sort_keys=True)


def rows(directory: Path, query: str) -> list[tuple[Any, ...]]:
    raw = sqlite3.connect(directory / "store.db")
    try:
        return raw.execute(query).fetchall()
    finally:
        raw.close()


@settings(max_examples=60, deadline=None)
@given(specs, specs)
def test_a_document_is_read_as_it_was_written_and_replaced_whole(first: Applied, second: Applied) -> None:
    with TemporaryDirectory() as directory, open_writer(Path(directory)) as writer:
        for one in (first, second):
            writer.put(line(one), NOW)

            assert (read(writer), text(read(writer))) == (one, text(one))


def test_every_setting_has_a_column_for_every_kind_of_value(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        for one in applied.everything():
            writer.put(line(one), NOW)

            assert text(read(writer)) == text(one)
            for table in ("models", "router_config", "model_server_config"):
                assert set(rows(tmp_path, f"SELECT other FROM {table}")) <= {(None,)}  # noqa: S608 - our own names


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"models_preset": "/elsewhere.ini"}, id="a key of an adopted router"),
        pytest.param({"sampling": {"temperature": 0.5, "brand_new": [1]}}, id="a setting of tomorrow"),
        pytest.param({"health": {"stop_grace": 1.0, "brand_new": 2}}, id="a policy of tomorrow"),
        pytest.param({"health_stop_grace": 1.0}, id="a key like a column of a group"),
        pytest.param({"memory": {}, "gpu": None, "health": {}}, id="nothing, in several forms"),
        pytest.param({"memory": {"ctx_size": "a lot"}}, id="a value of another type"),
        pytest.param({"memory": {"ctx_size": -7}}, id="a value out of range"),
        pytest.param({"memory": {"cache_type_k": "q99"}}, id="a word that a setting does not have"),
        pytest.param({"memory": {"ctx_size": 2**70}}, id="a number that SQLite has not"),
        pytest.param({"sampling": {"temperature": 1}}, id="a whole number where others stand"),
        pytest.param({"sampling": {"temperature": -0.0, "min_p": float("inf")}}, id="numbers of their own kind"),
        pytest.param({"sampling": {"ignore_eos": 1, "top_k": True}}, id="a number for a truth, and the reverse"),
        pytest.param({"gpu": {"layers": True}}, id="a truth where a number or a word stands"),
        pytest.param({"path": "/m\udce4.gguf", "chat_template": "a\0b"}, id="bytes that are no text"),
        pytest.param({"extra_args": json.loads("[" * 900 + "]" * 900)}, id="what nests without end"),
        pytest.param({"files": {"/m.gguf": {"size": 1, "mtime_ns": 2**64}}}, id="a time that SQLite has not"),
        pytest.param({"files": {}}, id="no files"),
        pytest.param({"files": "none"}, id="files that are none"),
        pytest.param({"serve": "router"}, id="served otherwise than it says"),
        pytest.param({"server": {"timeout": -5, "brand_new": 1}}, id="a server of tomorrow"),
        pytest.param({"server": "none"}, id="a server that is none"),
        pytest.param({"server": {}, "environment": {}, "secrets": {}}, id="a process that says nothing"),
        pytest.param({"llama_server": {"path": 1}, "environment": "none"}, id="a process of another form"),
        pytest.param({"uid": "x", "name": "y", "other": "z", "spec_version": 9}, id="keys like columns of ours"),
    ],
)
@pytest.mark.parametrize("serve", ["dedicated", "router", "process"])
def test_what_no_column_can_hold_comes_back_too(tmp_path: Path, serve: str, more: dict[str, Any]) -> None:
    one = applied.router({}, more) if serve == "process" else applied.model({}, more, serve=serve)
    with open_writer(tmp_path) as writer:
        writer.put(line(one), NOW)

        assert text(read(writer)) == text(one)


@pytest.mark.parametrize("missing", ["files", "serve", "path"])
def test_a_key_that_is_missing_is_missing_again(tmp_path: Path, missing: str) -> None:
    whole = applied.model({})
    one = replace(whole, document={key: value for key, value in whole.document.items() if key != missing})
    with open_writer(tmp_path) as writer:
        writer.put(line(one), NOW)

        assert read(writer) == one


def test_one_value_out_of_range_keeps_no_other_section_from_its_columns(tmp_path: Path) -> None:
    said = {"server.timeout": 600, "memory.ctx_size": -7, "gpu.fit": True, "threads": 2}
    with open_writer(tmp_path) as writer:
        writer.put(line(applied.model(said)), NOW)

    kept = "SELECT threads, fit, timeout, models.other FROM models, model_gpu_config, model_server_config"
    assert rows(tmp_path, kept) == [(2, 1, 600, '{"memory":{"ctx_size":-7}}')]


def test_a_section_that_says_nothing_has_no_row(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        writer.put(line(applied.model({"memory.ctx_size": 512})), NOW)

    tables = ("sampling", "memory", "gpu", "advanced", "lora", "multimodal", "speculative")
    counts = {one: rows(tmp_path, f"SELECT count(*) FROM model_{one}_config")[0][0] for one in tables}  # noqa: S608 - our own names
    assert counts == dict.fromkeys(tables, 0) | {"memory": 1}


def test_processes_of_one_server_section_share_its_line(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        for name in ("a", "b"):
            writer.put(line(applied.model({"server.timeout": 600}), name), NOW)
        writer.put(line(applied.model({"server.timeout": 700}), "c"), NOW)

    assert rows(tmp_path, "SELECT timeout FROM model_server_config ORDER BY id") == [(600,), (700,)]


def test_a_model_that_is_forgotten_takes_its_sections_along(tmp_path: Path) -> None:
    whole = next(applied.everything())
    with open_writer(tmp_path) as writer:
        writer.put(line(whole), NOW)
        writer.forget(model_id("m"))

        assert writer.record().resources == {}
    left = rows(tmp_path, "SELECT name FROM sqlite_schema WHERE name GLOB 'model*' AND type = 'table'")
    counts = {name: rows(tmp_path, f"SELECT count(*) FROM {name}")[0][0] for (name,) in left}  # noqa: S608 - our own names
    assert set(counts.values()) == {0}


def test_a_section_is_replaced_on_its_own(tmp_path: Path) -> None:
    before = applied.model({"memory.ctx_size": 512, "memory.keep": 3, "gpu.fit": True}, {"memory_of": "tomorrow"})
    with open_writer(tmp_path) as writer:
        writer.put(line(before), NOW)
        writer.put_section(model_id("m"), "memory", MemorySettings(ctx_size=1024))

        found = read(writer)
        assert found
        assert found.document == {**before.document, "memory": {"ctx_size": 1024}}

        writer.put_section(model_id("m"), "memory", MemorySettings())

        found = read(writer)
        assert found
        assert found.document == {key: value for key, value in before.document.items() if key != "memory"}


def test_a_section_that_the_checks_refuse_is_kept_too(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        writer.put(line(applied.model({"memory.ctx_size": 512})), NOW)
        writer.put_section(model_id("m"), "memory", MemorySettings(ctx_size=-7, keep=1))

        found = read(writer)
        assert found
        assert found.document["memory"] == {"ctx_size": -7, "keep": 1}


def test_a_section_of_a_model_that_was_never_applied_is_refused(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer, pytest.raises(StoreError, match="never applied"):
        writer.put_section(model_id("m"), "memory", MemorySettings(ctx_size=1))
