"""All tables of a store as lines of JSON."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from reconciler.errors import StoreError
from reconciler.store.layout import METRICS, is_there
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.migrations import STORE_KIND, Kind
from reconciler.store.opening import in_memory
from reconciler.store.raw import quoted, raw, tables
from reconciler.store.transfer.values import encoded, text_or_bytes

FORMAT = "llama-reconciler store"
FORMAT_VERSION = "1.0"
OF_METRICS = "metrics."
"""Before the names of the tables of `metrics.db`."""


def export(directory: Path, *, program: str, metrics: bool = True) -> Iterator[str]:
    """
    The lines, each with its end; what others write meanwhile is not in them.

    Args:
        metrics: whether measurements go with it, where there are any that can be read.

    Raises:
        StoreError: there is none, or it is newer than the program, or damaged.
    """
    measured = _version(directory) if metrics else 0
    with _snapshot(directory, STORE_KIND) as (connection, version):
        facts = dict(connection.execute("SELECT key, value FROM metadata"))
        yield _line(
            {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "store_version": version,
                "metrics_version": measured or None,
                "fleet": facts.get("fleet", ""),
                "lineage": facts.get("lineage", ""),
                "program": program,
            }
        )
        count = 0
        for row in _rows(connection, ""):
            yield row
            count += 1
    if measured:
        with _snapshot(directory, METRICS_KIND) as (connection, _):
            for row in _rows(connection, OF_METRICS):
                yield row
                count += 1
    yield _line({"end": True, "rows": count})


@contextmanager
def _snapshot(directory: Path, kind: Kind) -> Iterator[tuple[Connection, int]]:
    """A copy in memory: whoever reads the lines may take his time, and a writer must not wait for him."""
    with closing(in_memory()) as copy:
        with raw(directory, kind) as (connection, version):
            connection.backup(copy)
        yield copy, version


def _version(directory: Path) -> int:
    """Of the measurements; 0 where there is nothing to take along."""
    if not is_there(directory / METRICS):
        return 0
    try:
        with raw(directory, METRICS_KIND) as (_, version):
            return version
    except StoreError:
        # They may be lost; `store check` says why.
        return 0


def _rows(connection: Connection, prefix: str) -> Iterator[str]:
    connection.text_factory = text_or_bytes
    for name in [str(one) for one in tables(connection)]:
        found = connection.execute(f"SELECT * FROM {quoted(name)}")  # noqa: S608 - quoted
        columns = [column[0] for column in found.description]
        for row in found:
            values = map(encoded, row)
            yield _line({"table": f"{prefix}{name}", "row": dict(zip(columns, values, strict=True))})


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n"
