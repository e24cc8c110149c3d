"""What was measured comes back as it was, is kept as long as it should be, and is never worth an error."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pytest

from reconciler.domain.metrics import GpuSample, HostSample, ModelSample, Sample
from reconciler.domain.status import State
from reconciler.errors import StoreError
from reconciler.store import MetricsWriter, Store
from reconciler.store.metrics.schema import METRICS_KIND, METRICS_MIGRATIONS
from tests.support.python import environment, run_python
from tests.support.stores import NOW, open_writer

HOST = HostSample(
    at=NOW, cpu_percent=12.5, load=0.3, memory_percent=40.0, memory_used_bytes=2**40, memory_total_bytes=2**53 + 1,
    swap_percent=0.0, disk_percent=99.9, disk_used_bytes=1, disk_total_bytes=2**62, received_bytes=2**63 - 1,
    sent_bytes=0, active_models=3, uptime_seconds=1e9, requests_per_minute=0.1,
)  # fmt: skip
GPU = GpuSample(
    gpu="GPU-1", utilization_percent=50.0, memory_used_bytes=2**34, memory_total_bytes=2**35, temperature_celsius=71.0,
    power_watts=220.5, clock_mhz=1410.0, throttle="SW power cap",
)  # fmt: skip
MODEL = ModelSample(
    model="qwen3-8b", state="running", rss_bytes=2**33, gpu_memory_bytes=2**33, requests_total=7, requests_running=1,
    requests_queued=2, prompt_tokens_total=2**40, generated_tokens_total=5, tokens_per_second=41.5, kv_used_ratio=0.25,
)  # fmt: skip
FULL = Sample(host=HOST, gpus=(GPU, replace(GPU, gpu="GPU-2")), models=(MODEL, replace(MODEL, model="ü")))


def opened(directory: Path) -> MetricsWriter:
    return MetricsWriter.open(directory, now=NOW)


def moment(at: float, *models: str) -> Sample:
    return Sample(host=HostSample(at=at), models=tuple(ModelSample(model=one, state="running") for one in models))


def test_the_samples_of_this_test_say_everything() -> None:
    for one in (HOST, GPU, MODEL):
        said = [getattr(one, field.name) for field in fields(one)]
        assert None not in said


def test_a_sample_is_read_as_it_was_saved(tmp_path: Path) -> None:
    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        writer.save(FULL)

        assert writer.warning == ""
        assert store.latest_metrics() == FULL
        assert store.metrics() == (HOST,)
        assert store.model_metrics("qwen3-8b") == ((NOW, MODEL),)
        assert store.gpu_metrics("GPU-2") == ((NOW, FULL.gpus[1]),)
        assert repr(store.metrics()[0]) == repr(HOST)


def test_what_was_not_measured_is_nothing_and_not_zero(tmp_path: Path) -> None:
    bare = Sample(
        host=HostSample(at=NOW), gpus=(GpuSample(gpu="0"),), models=(ModelSample(model="a", state="unknown"),)
    )
    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        writer.save(bare)

        assert store.latest_metrics() == bare


def test_where_nothing_was_measured_there_is_nothing_to_read(tmp_path: Path) -> None:
    with Store.open(tmp_path / "none") as store:
        assert (store.metrics(), store.latest_metrics(), store.model_metrics("a")) == ((), None, ())
    assert not (tmp_path / "none").exists()


def test_history_is_read_by_time_and_number_and_node(tmp_path: Path) -> None:
    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        for at in (3.0, 1.0, 2.0, 4.0):
            writer.save(moment(at, "a", "b") if at < 4 else moment(at, "b"))
        writer.save(moment(9.0, "a"), node="other")

        def times(**window: float | None) -> list[float]:
            return [one.at for one in store.metrics(**window)]  # type: ignore[arg-type] # a table of cases

        assert times() == [1.0, 2.0, 3.0, 4.0]
        assert times(since=2.0, until=3.0) == [2.0, 3.0]
        assert times(limit=2) == [3.0, 4.0]
        assert times(limit=0) == []
        assert times(until=2.5, limit=1) == [2.0]
        assert [at for at, _ in store.model_metrics("a")] == [1.0, 2.0, 3.0]
        assert [at for at, _ in store.model_metrics("a", since=1.5, limit=1)] == [3.0]
        assert [one.at for one in store.metrics(node="other")] == [9.0]
        latest = store.latest_metrics()
        assert latest == moment(4.0, "b")


def test_what_is_old_goes_with_all_that_belongs_to_it_and_what_was_imported_stays(tmp_path: Path) -> None:
    imported = HostSample(at=1.0, load=0.5)
    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        writer.take_over([imported])
        for at in range(10):
            writer.save(replace(FULL, host=replace(HOST, at=float(at))))

        assert writer.retain(7.0) == 7
        assert [one.at for one in store.metrics()] == [1.0, 7.0, 8.0, 9.0]
        assert store.metrics()[0] == replace(imported, imported=True)
        assert writer._database.rows("SELECT count(*) FROM metrics_models") == [(6,)]
        assert writer._database.rows("SELECT count(*) FROM metrics_gpus") == [(6,)]
        assert writer._database.rows("PRAGMA foreign_key_check") == []
        assert writer._database.rows("PRAGMA foreign_keys") == [(1,)]
        assert writer.retain(7.0) == 0


def test_rows_that_are_taken_over_twice_are_there_once(tmp_path: Path) -> None:
    rows = [HostSample(at=float(at // 2), load=at / 7, cpu_percent=None) for at in range(100)]
    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        writer.save(Sample(host=rows[0]))

        assert writer.take_over(rows + rows) == 100
        assert writer.take_over(iter(rows)) == 0
        assert writer.take_over([replace(rows[0], load=99.0)]) == 1
        assert len(store.metrics()) == 102


def test_an_import_that_fails_in_the_middle_takes_nothing_over(tmp_path: Path) -> None:
    def broken() -> Iterator[HostSample]:
        yield HostSample(at=1.0)
        raise RuntimeError("the source ended")

    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        with pytest.raises(RuntimeError):
            writer.take_over(broken())
        assert store.metrics() == ()
        assert writer.take_over([HostSample(at=1.0)]) == 1


def test_only_its_owner_can_look_into_the_file(tmp_path: Path) -> None:
    opened(tmp_path).close()

    assert (tmp_path / "metrics.db").stat().st_mode & 0o777 == 0o600


UNUSABLE = {
    "no database": b"measured at noon: 41 degrees\n" * 1000,
    "torn": b"SQLite format 3\0" + b"\xff" * 5000,
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_file_that_cannot_be_read_is_set_aside_with_a_warning(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.db").write_bytes(content)
    with Store.open(tmp_path) as store, pytest.raises(StoreError, match="is damaged") as caught:
        store.metrics()
    assert caught.value.hint == f"remove it (`rm {tmp_path}/metrics.db`): only measurements are lost"

    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        writer.save(FULL)

        assert "it was set aside as" in writer.warning
        assert store.metrics() == (HOST,)
    assert (tmp_path / "metrics.db.unusable-20231114T221320Z").read_bytes() == content


def edit(directory: Path, statement: str) -> None:
    with closing(sqlite3.connect(directory / "metrics.db", isolation_level=None)) as raw:
        raw.execute(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("PRAGMA user_version = 99", "has version 99; this program knows versions up to"),
        ("PRAGMA application_id = 7", "not a store of llama-reconciler"),
        ("UPDATE migrations SET checksum = 'x'", "another line"),
    ],
)
def test_a_file_of_another_program_is_set_aside_with_a_warning(tmp_path: Path, statement: str, said: str) -> None:
    opened(tmp_path).close()
    edit(tmp_path, statement)
    with opened(tmp_path) as writer:
        assert said in writer.warning
        assert writer.warning.endswith("and measuring begins anew")


def test_pages_that_are_damaged_inside_are_found_at_the_opening(tmp_path: Path) -> None:
    with opened(tmp_path) as writer:
        for at in range(500):
            writer.save(replace(FULL, host=replace(HOST, at=float(at))))
    path = tmp_path / "metrics.db"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)
    with opened(tmp_path) as writer:
        assert "is damaged" in writer.warning


def test_a_file_that_may_not_be_written_is_not_set_aside(tmp_path: Path) -> None:
    (tmp_path / "metrics.db").mkdir()

    with pytest.raises(StoreError):
        opened(tmp_path)
    assert (tmp_path / "metrics.db").is_dir()


def test_a_connection_belongs_to_the_thread_that_opened_it(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    with opened(tmp_path) as writer:

        def elsewhere() -> None:
            try:
                writer.save(FULL)
            except Exception as error:  # noqa: BLE001 - it is what it says that counts
                errors.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert "thread" in str(errors[0])


READER = """
import sys
from pathlib import Path
from reconciler.store import Store

last, looks = -1.0, 0
with Store.open(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    while last < 299.0:
        found = store.latest_metrics()
        rows = store.metrics()
        assert [one.at for one in rows] == [float(at) for at in range(len(rows))], rows
        if found:
            assert found.host.at >= last
            assert len(found.models) == 2, found
            last = found.host.at
        looks += 1
print(looks > 1)
"""


def test_a_second_process_reads_while_one_writes(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    words = [sys.executable, "-c", READER, str(tmp_path)]
    with (
        subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True) as reader,
        opened(tmp_path) as writer,
    ):
        assert reader.stdout
        assert reader.stdout.readline() == "ready\n"
        for at in range(300):
            writer.save(moment(float(at), "a", "b"))
        assert reader.communicate(timeout=30)[0] == "True\n"
        assert reader.returncode == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.store.test_metrics import FULL, moment, opened

writer = opened(Path(sys.argv[1]))
for at in range(50):
    writer.save(moment(float(at), "a"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_saved_outlives_a_kill(tmp_path: Path) -> None:
    assert run_python(KILLED, tmp_path).returncode == -9

    with opened(tmp_path) as writer, Store.open(tmp_path) as store:
        assert writer.warning == ""
        assert len(store.metrics()) == 50


def test_measurements_of_every_version_are_read(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "fixtures/metrics"
    assert sorted(one.name for one in folder.iterdir()) == [f"v{n}.db" for n in range(1, len(METRICS_MIGRATIONS) + 1)]
    for golden in folder.iterdir():
        shutil.copy(golden, tmp_path / "metrics.db")
        with Store.open(tmp_path) as store:
            assert store.latest_metrics() == FULL


def test_columns_are_the_fields_and_the_states_are_those_of_status(tmp_path: Path) -> None:
    with opened(tmp_path) as writer:
        database = writer._database
        found = {
            table: {row[0] for row in database.rows("SELECT name FROM pragma_table_info(?)", (table,))}
            for table in ("metrics_history", "metrics_gpus", "metrics_models")
        }
        for state in State:
            writer.save(Sample(host=HostSample(at=1.0), models=(ModelSample(model="a", state=state),)))
        with pytest.raises(sqlite3.IntegrityError):
            writer.save(Sample(host=HostSample(at=1.0), models=(ModelSample(model="a", state="dreaming"),)))

    assert found == {
        "metrics_history": {"id", "node", *(one.name for one in fields(HostSample))},
        "metrics_gpus": {"sample", "node", *(one.name for one in fields(GpuSample))},
        "metrics_models": {"sample", "node", *(one.name for one in fields(ModelSample))},
    }


def test_a_released_migration_of_measurements_never_changes() -> None:
    assert METRICS_KIND.migrations == METRICS_MIGRATIONS
    assert [(one.name, one.checksum[:16]) for one in METRICS_MIGRATIONS] == [("measurements", "403c686e4b9a0567")]
