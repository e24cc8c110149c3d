"""Reading models from a store that holds every setting of each, and what that takes on the disk."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Row, table
from reconciler.domain.names import SlotUid, model_id
from reconciler.spec.record import ResourceRecord
from reconciler.store import Store, Writer
from reconciler.store.resources import put_resource
from tests.support.applied import complete

NOTE = "A model has every setting written; the other is `sqlite3` fetching every column of the same tables."
HUNDRED, LIMIT = 100, 0.005
"""Seconds for a hundred models; more of them may take as much more."""

MANY = (100, 1000, 10_000)
SIZES = {0: 200_000, 100: 700_000}
"""Bytes of a store with so many models."""


def measure(repetitions: int) -> list[Row]:
    """Two rows for each number of models: all are read in any case, and put together when somebody looks at them."""
    found = []
    for models in MANY:
        with store_of(models) as directory:
            ours, looked, bare = _in_turn(
                repetitions,
                lambda: _ours(directory),
                lambda: _ours(directory, look=True),
                lambda: _bare(directory),
            )
        what, limit = f"load of {models} complete models", LIMIT * models / HUNDRED
        found += [
            Row(what=what, ours=ours, against="sqlite3, the same rows", other=bare, limit=limit),
            Row(what=f"{what}, and every value of them", ours=looked, against="the same", other=bare, limit=limit),
        ]
    return found


def sizes() -> str:
    """The table of what a store takes."""
    lines = []
    for models, limit in SIZES.items():
        with store_of(models) as directory:
            taken = (directory / "store.db").stat().st_size
        lines.append((f"{models}", f"{taken:,} bytes", f"≤ {limit:,}", "yes" if taken <= limit else "NO"))
    return table(("models", "store.db", "target", "met"), lines)


@contextmanager
def store_of(models: int) -> Iterator[Path]:
    """A store with so many models that say everything."""
    with TemporaryDirectory(prefix="reconcile-bench-") as name:
        directory = Path(name)
        with Writer.open(directory, now=0.0, fleet="bench") as writer, writer._database.writing():  # noqa: SLF001 - one transaction for all of them
            applied = complete()
            for number in range(models):
                path = f"/srv/models/m{number:05}.gguf"
                document = {**applied.document, "path": path, "files": {path: {"size": 1, "mtime_ns": number}}}
                line = ResourceRecord(
                    resource=model_id(f"m{number:05}"),
                    uid=SlotUid(f"00000000-0000-4000-8000-{number:012}"),
                    applied=replace(applied, document=document),
                    desired_running=True,
                )
                put_resource(writer._database, line, now=0.0)  # noqa: SLF001 - as above
        yield directory


def _ours(directory: Path, *, look: bool = False) -> float:
    with Store.open(directory) as store:
        began = time.perf_counter()
        found = store.models()
        if look:
            assert all(one.document for one in found)
        seconds = time.perf_counter() - began
        assert all(one.sampling.temperature is not None for one in found)
    return seconds


def _bare(directory: Path) -> float:
    with closing(sqlite3.connect(directory / "store.db")) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE name GLOB 'model*'")]
        tables = [name for name in names if not name.startswith("sqlite_")]
        began = time.perf_counter()
        for name in tables:
            raw.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - our own names
        return time.perf_counter() - began


def _in_turn(repetitions: int, *measured: Callable[[], float]) -> tuple[tuple[float, ...], ...]:
    for one in measured:
        one()
    return tuple(zip(*([one() for one in measured] for _ in range(repetitions)), strict=True))
