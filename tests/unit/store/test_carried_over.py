"""Stores that kept a document as one JSON text: the columns get it, and nothing of it is lost."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from reconciler.spec.record import Applied
from reconciler.store import Store, Writer
from reconciler.store.columns import to_json
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS, migrate
from tests.support import applied
from tests.support.first_version import as_line, write_first
from tests.support.stores import NOW, open_writer

GENERATION = {
    "version": 1,
    "fleet": "homelab",
    "server": {"timeout": 600, "api_key": {"env": "KEY"}},
    "logging": {"level": "debug", "file": {"max_files": 2}},
}


def write(directory: Path, documents: Iterable[Applied]) -> None:
    """A store of the first version with these documents, and one generation."""
    lines = [as_line(number, one) for number, one in enumerate(documents)]
    database = write_first(directory, lines, now=NOW)
    with database.writing():
        database.execute("INSERT INTO runs VALUES (1, 'apply', 1, 2, 'done', '', '', '', '', 1, NULL, NULL)")
        database.execute(
            "INSERT INTO generations VALUES (1, 1, 1, ?, '', '{}', 'done', '', '', 1)", (to_json(GENERATION),)
        )
    database.close()


def documents(store: Store | Writer) -> list[str]:
    return [json.dumps(one.applied.document, sort_keys=True) for one in by_uid(store) if one.applied]


def by_uid(store: Store | Writer) -> list[Any]:
    return sorted(store.record().resources.values(), key=lambda one: int(one.uid.removeprefix("uid-")))


def texts(documents: Iterable[Applied]) -> list[str]:
    return [json.dumps(one.document, sort_keys=True) for one in documents]


def others(directory: Path) -> list[bool]:
    """Of each resource, whether columns hold all of it."""
    database = Database.for_reading(directory)
    heads = database.rows("SELECT uid, other IS NULL FROM models UNION SELECT uid, other IS NULL FROM router_config")
    database.close()
    return [bool(whole) for _, whole in sorted(heads, key=lambda one: int(one[0].removeprefix("uid-")))]


def of_the_second_version() -> frozenset[str]:
    """The columns into which it carried over; what came later no older document can have."""
    with sqlite3.connect(":memory:", isolation_level=None) as raw:
        migrate(raw, now=NOW, migrations=MIGRATIONS[:2])
        asked = "SELECT c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c WHERE t.schema = 'main'"
        return frozenset(name for (name,) in raw.execute(asked))


EVERYTHING = tuple(applied.everything(of_the_second_version()))


def test_every_setting_moves_into_its_column(tmp_path: Path) -> None:
    # A resource of one name each; of the many forms of a router only the first.
    wanted = [one for number, one in enumerate(EVERYTHING) if one.serve != "process" or number < 3]
    write(tmp_path, wanted)

    with Store.open(tmp_path) as store:
        assert documents(store) == texts(wanted)
    assert set(others(tmp_path)) == {True}
    with open_writer(tmp_path) as writer:
        assert documents(writer) == texts(wanted)


@pytest.mark.parametrize("which", range(2, len(EVERYTHING), 3))
def test_every_setting_of_a_router_moves_into_its_column(tmp_path: Path, which: int) -> None:
    wanted = [EVERYTHING[which]]
    write(tmp_path, wanted)

    with Store.open(tmp_path) as store:
        assert documents(store) == texts(wanted)
    assert others(tmp_path) == [True]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"models_preset": "/elsewhere.ini"}, id="a key without a column"),
        pytest.param({"sampling": {"brand_new": [1]}}, id="a setting without a column"),
        pytest.param({"memory": {"ctx_size": "a lot"}}, id="a value of another type"),
        pytest.param({"memory": {"ctx_size": -7}}, id="a value out of range"),
        pytest.param({"memory": {"cache_type_k": "q99"}}, id="a word that a setting does not have"),
        pytest.param({"threads": -7}, id="a value of its own out of range"),
        pytest.param({"sampling": {"temperature": 1}}, id="a whole number where others stand"),
        pytest.param({"sampling": {"temperature": 0.12345678901234568}}, id="more digits than SQLite reads"),
        pytest.param({"memory": {"ctx_size": None}}, id="a null"),
        pytest.param({"path": "/m\udce4.gguf"}, id="bytes that are no text"),
        pytest.param({"chat_template": "a\0b"}, id="a NUL"),
        pytest.param({"server": {"timeout": -7}}, id="a server out of range"),
        pytest.param({"server": {"brand_new": 1}}, id="a server of tomorrow"),
        pytest.param({"files": {}}, id="no files"),
        pytest.param({"serve": "elsewhere"}, id="served otherwise than it says"),
    ],
)
def test_what_a_column_cannot_take_is_kept_and_the_others_move(tmp_path: Path, more: dict[str, Any]) -> None:
    wanted = [applied.model({}, more), applied.model({"memory.ctx_size": 512}), applied.router({}, more)]
    write(tmp_path, wanted)

    with Store.open(tmp_path) as store:
        assert documents(store) == texts(wanted)
    assert others(tmp_path)[1]


@pytest.mark.parametrize("text", ["한국어", "😀", "é\ue000"])
def test_text_of_any_language_moves_into_its_column(tmp_path: Path, text: str) -> None:
    own = {"path": f"/{text}.gguf", "download": text, "aliases": [text], "chat_template": text}
    files = {f"/{text}.gguf": {"size": 1, "mtime_ns": 2, "architecture": text}}
    server = {"server": {"api_prefix": f"/{text}"}, "llama_server": {"path": text, "size": 1, "version": text}}
    wanted = [applied.model({}, own | {"files": files} | server), applied.router({}, server)]
    write(tmp_path, wanted)

    with Store.open(tmp_path) as store:
        assert documents(store) == texts(wanted)
    assert others(tmp_path) == [True, True]


def test_a_document_without_files_stays_without(tmp_path: Path) -> None:
    wanted = [Applied(spec_version=1, serve="router", document={"hf": "org/repo"})]
    write(tmp_path, wanted)

    with Store.open(tmp_path) as store:
        assert documents(store) == texts(wanted)


def test_what_was_declared_last_is_known(tmp_path: Path) -> None:
    write(tmp_path, [])

    with Store.open(tmp_path) as store:
        server, logging = store.server(), store.logging()
        assert server
        assert logging
        assert (server.timeout, server.host, server.secrets()["LLAMA_API_KEY"].reference) == (
            600,
            "127.0.0.1",
            "env:KEY",
        )
        assert (logging.level, logging.file.max_files, logging.console) == ("debug", 2, True)
