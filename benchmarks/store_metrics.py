"""Keeping and reading measurements, against bare sqlite3 that does the same on a file of its own."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.table import Row
from reconciler.domain.metrics import GpuSample, HostSample, ModelSample, Sample
from reconciler.store import MetricsWriter, Store
from reconciler.store.metrics.rows import HOST, PARTS, insert, values
from reconciler.store.metrics.schema import METRICS_MIGRATIONS

MINUTES = 10
MOMENTS = 60 * MINUTES
SAVES = 40
"""Moments that are saved for each repetition."""
SAVE, READ, RETAIN = 0.001, 0.002, 0.010
MODELS = tuple(
    ModelSample(model=f"model-{number}", state="running", rss_bytes=2**33, requests_total=9, tokens_per_second=41.5)
    for number in range(10)
)
GPUS = tuple(GpuSample(gpu=f"GPU-{number}", utilization_percent=50.0, memory_used_bytes=2**34) for number in range(2))
STATEMENTS = {table: insert(table, ("sample", *columns)) for table, columns in PARTS.items()}


def measure(repetitions: int) -> list[Row]:
    """A row for saving, reading and removing."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with MetricsWriter.open(here / "ours", now=0.0) as writer, closing(_bare(here / "bare.db")) as bare:
            saves = _in_turn(repetitions * SAVES, lambda at: writer.save(_moment(at)), lambda at: _save(bare, at))
            _fill(writer, bare)
            with Store.open(here / "ours") as store:
                reads = _in_turn(repetitions * 4, lambda _: store.metrics(limit=MOMENTS), lambda _: _read(here))
            removals = _removals(repetitions, writer, bare)
    return [
        Row(what="save a second of 10 models", against="sqlite3", ours=saves[0], other=saves[1], limit=SAVE),
        Row(what=f"read {MOMENTS} host rows", against="sqlite3, as tuples", ours=reads[0], other=reads[1], limit=READ),
        Row(
            what=f"retention of {MOMENTS} seconds of 10 models",
            against="sqlite3, the same deletes",
            ours=removals[0],
            other=removals[1],
            limit=RETAIN,
        ),
    ]


Times = tuple[tuple[float, ...], tuple[float, ...]]


def _in_turn(count: int, *acts: Callable[[float], object]) -> Times:
    rounds = [[_seconds(act, float(at)) for act in acts] for at in range(count)]
    ours, other = zip(*rounds, strict=True)
    return ours, other


def _seconds(act: Callable[[float], object], at: float) -> float:
    began = time.perf_counter()
    act(at)
    return time.perf_counter() - began


def _moment(at: float) -> Sample:
    host = HostSample(at=at, cpu_percent=12.5, memory_used_bytes=2**34, memory_total_bytes=2**35, active_models=10)
    return Sample(host=host, gpus=GPUS, models=MODELS)


def _removals(repetitions: int, writer: MetricsWriter, bare: sqlite3.Connection) -> Times:
    rounds = []
    for _ in range(repetitions):
        rounds.append([_seconds(writer.retain, 1e9), _seconds(lambda at: _remove(bare, at), 1e9)])
        _fill(writer, bare)
    ours, other = zip(*rounds, strict=True)
    return ours, other


def _fill(writer: MetricsWriter, bare: sqlite3.Connection) -> None:
    writer.retain(1e9)
    _remove(bare, 1e9)
    for at in range(MOMENTS):
        writer.save(_moment(float(at)))
        _save(bare, float(at))


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    for statement in METRICS_MIGRATIONS[0].statements:
        connection.execute(statement)
    return connection


def _save(bare: sqlite3.Connection, at: float) -> None:
    sample = _moment(at)
    bare.execute("BEGIN IMMEDIATE")
    number = bare.execute(insert("metrics_history", HOST), values(sample.host, HOST)).lastrowid
    parts: tuple[tuple[str, tuple[Any, ...]], ...] = (("metrics_gpus", sample.gpus), ("metrics_models", sample.models))
    for table, found in parts:
        bare.executemany(STATEMENTS[table], [(number, *values(one, PARTS[table])) for one in found])
    bare.execute("COMMIT")


def _read(here: Path) -> list[Any]:
    with closing(sqlite3.connect(here / "bare.db")) as bare:
        return bare.execute(f"SELECT {', '.join(HOST)} FROM metrics_history ORDER BY at").fetchall()  # noqa: S608 - our own names


def _remove(bare: sqlite3.Connection, before: float) -> None:
    bare.execute("BEGIN IMMEDIATE")
    for table in PARTS:
        bare.execute(
            f"DELETE FROM {table} WHERE sample IN (SELECT id FROM metrics_history WHERE at < ?)",  # noqa: S608 - our own names
            (before,),
        )
    bare.execute("DELETE FROM metrics_history WHERE at < ?", (before,))
    bare.execute("COMMIT")
