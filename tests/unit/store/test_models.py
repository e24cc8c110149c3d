"""Questions of users: which models, which settings, what was declared."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import reconciler
from reconciler.domain.names import ROUTER, SlotUid, model_id
from reconciler.domain.status import Condition, State
from reconciler.errors import StoreError, UsageError
from reconciler.spec.memory import MemorySettings
from reconciler.spec.model import SECTIONS
from reconciler.spec.record import Failure, InstanceRecord, ResourceRecord
from reconciler.store import ModelRecord, Store, Writer
from reconciler.store.database import Database
from tests.support import applied
from tests.support.stores import EMBED, NOW, open_writer

FAILED = Failure(digest="abc", message="out of memory", at=NOW)
TRUE, FALSE = (Condition(type="Ready", status=one, reason="x", observed_generation=3) for one in ("True", "False"))
LOOP = Condition(type="CrashLoop", status="True", reason="x")


def model(name: str, flat: dict[str, Any] | None = None, serve: str = "dedicated", **facts: Any) -> ResourceRecord:
    made: dict[str, Any] = {"desired_running": True, "applied": applied.model(flat or {}, serve=serve), **facts}
    return ResourceRecord(resource=model_id(name), uid=SlotUid(f"uid-{name}"), **made)


def living(name: str) -> InstanceRecord:
    assert EMBED.instance
    return replace(EMBED.instance, instance=type(EMBED.instance.instance)(f"instance-{name}"))


@pytest.fixture(name="store")
def a_store_with_models(tmp_path: Path) -> Path:
    lines = [
        model(
            "qwen3-8b", {"sampling.temperature": 0.7, "memory.ctx_size": 512}, instance=living("a"), conditions=(TRUE,)
        ),
        model("qwen3-14b", {"gpu.layers": "all"}, serve="router", conditions=(TRUE,)),
        model(
            "gemma",
            serve="router",
            applied=applied.model({}, {"load": "on-demand"}, serve="router"),
            conditions=(TRUE,),
        ),
        model("[odd]*", instance=living("b"), conditions=(FALSE,), port=8123, protected=True, restarts=2),
        model("stopped", desired_running=False),
        model("failed", failure=FAILED, conditions=(FALSE,)),
        model("never", applied=None, failure=FAILED, desired_running=False),
        model("looping", instance=living("c"), conditions=(LOOP, TRUE)),
        model("silent", serve="router"),
    ]
    with open_writer(tmp_path) as writer:
        for one in lines:
            writer.put(one, NOW)
        writer.put(
            ResourceRecord(resource=ROUTER, uid=SlotUid("r"), applied=applied.router({"router.models_max": 2})), NOW
        )
    return tmp_path


def names(found: tuple[ModelRecord, ...]) -> list[str]:
    return [one.name for one in found]


def test_models_are_listed_by_name_with_what_the_last_run_left(store: Path) -> None:
    with Store.open(store) as opened:
        assert {one.name: one.status for one in opened.models()} == {
            "[odd]*": State.STARTING,
            "failed": State.FAILED,
            "gemma": State.UNLOADED,
            "looping": State.CRASH_LOOP,
            "never": State.FAILED,
            "qwen3-14b": State.RUNNING,
            "qwen3-8b": State.RUNNING,
            "silent": State.UNKNOWN,
            "stopped": State.STOPPED,
        }
        assert names(opened.models()) == sorted(names(opened.models()))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "running"}, ["qwen3-14b", "qwen3-8b"]),
        ({"status": State.RUNNING, "name": "*8b"}, ["qwen3-8b"]),
        ({"name": "qwen3-*"}, ["qwen3-14b", "qwen3-8b"]),
        ({"name": "[!a-q]*"}, ["[odd]*", "silent", "stopped"]),
        ({"name": "QWEN*"}, []),
        ({"type": "qwen3", "status": "stopped"}, ["stopped"]),
        ({"type": "llama"}, []),
    ],
)
def test_filters_combine(store: Path, filters: dict[str, Any], found: list[str]) -> None:
    with Store.open(store) as opened:
        assert names(opened.models(**filters)) == found
        assert all(one.document or one.name == "never" for one in opened.models(**filters))


def test_only_the_sections_that_are_asked_for_are_read(store: Path) -> None:
    database = Database.for_reading(store)
    statements: list[str] = []
    database._connection.set_trace_callback(statements.append)
    with Store(database) as opened:
        found = opened.model("qwen3-8b", sections=("memory",))

    assert found
    assert (found.memory, found.sections) == (MemorySettings(ctx_size=512), ("memory",))
    assert [one for one in SECTIONS if any(f"FROM model_{one}_config" in said for said in statements)] == ["memory"]
    with pytest.raises(StoreError, match="`sampling` of model `qwen3-8b` was not read") as caught:
        _ = found.sampling
    assert caught.value.hint == 'ask for it: `sections=("memory", "sampling",)`'
    assert "sampling" not in found.spec.said


def test_everything_is_read_unless_somebody_says_what(store: Path) -> None:
    with Store.open(store) as opened:
        found = opened.model("qwen3-8b")

    assert found
    assert found.sections == SECTIONS
    assert (found.sampling.temperature, found.memory.ctx_size, found.gpu.layers) == (0.7, 512, None)
    assert (found.source, found.type, found.serve, found.generation) == ("/m.gguf", "qwen3", "dedicated", 3)
    assert (found.spec.path, found.spec.sampling.temperature, found.pid) == ("/m.gguf", 0.7, 4711)
    parts = (found.advanced, found.lora, found.multimodal, found.speculative)
    assert all(not one.said for one in parts)


def test_records_are_equal_when_their_settings_are(store: Path) -> None:
    with open_writer(store) as writer:
        before = writer.model("qwen3-8b")

        assert before
        assert (writer.model("qwen3-8b") == before, writer.model("gemma") == before) == (True, False)
        assert len({before, writer.model("qwen3-8b")}) == 1

        writer.put_section(model_id("qwen3-8b"), "memory", MemorySettings(ctx_size=1024))

        assert writer.model("qwen3-8b") != before
        assert before.memory.ctx_size == 512


def test_a_name_is_no_pattern_where_one_model_is_asked_for(store: Path) -> None:
    with Store.open(store) as opened:
        odd = opened.model("[odd]*")

        assert odd
        assert (odd.name, odd.port, odd.protected, odd.restarts) == ("[odd]*", 8123, True, 2)
        assert opened.model("qwen*") is None


def test_one_section_may_be_named_alone(store: Path) -> None:
    with Store.open(store) as opened:
        assert [one.sections for one in opened.models(name="gemma", sections="gpu")] == [("gpu",)]
        assert [one.sections for one in opened.models(name="gemma", sections=())] == [()]


def test_what_there_is_not_is_said(store: Path) -> None:
    with Store.open(store) as opened:
        with pytest.raises(UsageError, match="no section `samplin`"):
            opened.model("gemma", sections=("samplin",))
        with pytest.raises(UsageError, match="no status `runing`"):
            opened.models(status="runing")
        with pytest.raises(UsageError, match="no level `loud`"):
            opened.logs(level="loud")


def test_a_model_that_was_never_applied_says_what_is_known(store: Path) -> None:
    with Store.open(store) as opened:
        found = opened.model("never")

    assert found
    assert (found.serve, found.source, found.type, found.failure) == (None, None, None, "out of memory")


def test_the_router_is_as_it_was_applied(store: Path) -> None:
    with Store.open(store) as opened:
        router = opened.router()

    assert router
    assert (router.models_max, router.port, router.autoload) == (2, 8080, None)


def test_a_file_is_no_directory_of_a_store(tmp_path: Path) -> None:
    open_writer(tmp_path).close()

    with pytest.raises(StoreError, match=r"store.db` is a file") as caught:
        Store.open(tmp_path / "store.db")
    assert str(tmp_path) in caught.value.hint


def test_a_store_that_is_closed_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.close()
    store.close()

    with pytest.raises(StoreError, match="is closed already"):
        store.models()


def test_a_directory_without_a_store_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with reconciler.Store.open("nowhere") as store:
        assert (store.models(), store.model("x"), store.server(), store.router(), store.logging()) == (
            (), None, None, None, None,
        )  # fmt: skip
        assert (store.metadata(), store.endpoints(), store.secrets(), store.logs(), store.events()) == (
            {},
            (),
            (),
            (),
            (),
        )
    assert list(tmp_path.iterdir()) == []


def test_the_store_is_one_wherever_it_is_taken_from() -> None:
    from reconciler import api  # noqa: PLC0415 - that is what is asked

    assert reconciler.Store is Store is api.Store


def test_a_second_process_reads_while_one_writes(store: Path) -> None:
    script = "import sys; from reconciler import Store; print(len(Store.open(sys.argv[1]).models()))"
    with open_writer(store) as writer, writer._database.writing():
        writer._database.execute("UPDATE resources SET restarts = 9")
        ask = subprocess.run(
            [sys.executable, "-c", script, str(store)], capture_output=True, text=True, timeout=30, check=False
        )

    assert (ask.stdout, ask.stderr) == ("9\n", "")


def test_each_of_a_reader_and_a_writer_sees_whole_transactions(store: Path) -> None:
    with Writer.open(store, now=NOW, fleet="homelab") as writer, Store.open(store) as reader:
        writer.forget(model_id("gemma"))

        assert reader.model("gemma") is None
