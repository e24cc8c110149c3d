"""A store made from the lines of an export: all of it or nothing."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from reconciler.domain.actor import Actor
from reconciler.domain.frozen import frozen
from reconciler.domain.stored import Replaced
from reconciler.errors import StoreError
from reconciler.store.backup import to_disk
from reconciler.store.failures import explained, primary
from reconciler.store.layout import METRICS, STORE, is_there
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.migrations import STORE_KIND, Kind, migrate, version_of
from reconciler.store.opening import connect
from reconciler.store.raw import quoted, tables
from reconciler.store.replacing import install, staging
from reconciler.store.transaction import writing
from reconciler.store.transfer.exporting import FORMAT, FORMAT_VERSION, OF_METRICS
from reconciler.store.transfer.values import NoText, decoded

_REFUSED = frozenset({sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG})


class Lines:
    """The documents of an export, which know where they stand."""

    def __init__(self, source: Path, lines: Iterable[bytes]) -> None:
        self.source, self.number = source, 0
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for number, line in enumerate(self._lines, start=self.number + 1):
            self.number = number
            try:
                document = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise self.wrong(f"expected a JSON document, got: {error}") from error
            if not isinstance(document, dict):
                raise self.wrong("expected a JSON object")
            yield document

    def wrong(self, reason: str) -> StoreError:
        """The error for the line that was read last."""
        return StoreError(
            f"{self.source}{f':{self.number}' if self.number else ''}: {reason}",
            detail="nothing was imported",
            hint="export it again with `reconcile store export`",
        )


@frozen
class Insist:
    """What a user agreed to: a store that is there is replaced, and one of another fleet is taken."""

    replace: bool = False
    accept_lineage: bool = False


def import_store(
    directory: Path, source: Path, lines: Iterable[bytes], *, now: float, actor: Actor, insist: Insist
) -> Replaced:
    """
    Makes the store of a directory from an export, brought to today's form. The caller holds the lock.

    Args:
        source: where the lines come from, for what there is to say of them.

    Raises:
        StoreError: there is a store already, the lines are no export that this program knows, or the host refuses;
            what was there is there still.
    """
    path = directory / STORE
    if is_there(path) and path.stat().st_size and not insist.replace:
        raise StoreError(
            f"there is a store in `{directory}` already",
            detail="nothing was imported",
            hint="name an empty directory with `--store DIR`, or insist with `--replace`; a backup is taken then",
        )
    with staging(directory) as folder:
        _build(folder, Lines(source, lines), now)
        replaced = install(
            directory,
            folder / STORE,
            source,
            now=now,
            what="store import",
            actor=actor,
            accept_lineage=insist.accept_lineage,
        )
        if (measured := folder / METRICS).exists():
            for beside in directory.glob(f"{METRICS}-*"):
                # A journal is of the file that goes.
                beside.unlink()
            measured.replace(directory / METRICS)
        return replaced


def _build(folder: Path, lines: Lines, now: float) -> None:
    documents = iter(lines)
    header = next(documents, {})
    versions = _versions(header, lines)
    with _databases(folder, versions, lines) as targets:
        count, ended = 0, False
        for document in documents:
            if ended:
                raise lines.wrong("expected nothing after the last line")
            if document.get("end") is True:
                ended = True
                if document.get("rows") != count:
                    raise lines.wrong(f"expected {document.get('rows')} rows before this line, got {count}")
                continue
            prefix = OF_METRICS if str(document.get("table", "")).startswith(OF_METRICS) else ""
            if prefix not in targets:
                raise lines.wrong("expected no measurements, as the first line says")
            targets[prefix].add(document, lines)
            count += 1
        if not ended:
            raise lines.wrong("the export is cut off after this line")
    for prefix, version in versions.items():
        _finish(folder, _KINDS[prefix], version, lines, now)


def _versions(header: Mapping[str, Any], lines: Lines) -> dict[str, int]:
    """The version of each file, by the prefix of its tables."""
    if header.get("format") != FORMAT:
        raise lines.wrong("expected the first line of an export of a store")
    if str(header.get("format_version")).partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise lines.wrong(f"expected format version {FORMAT_VERSION}, got {header.get('format_version')}")
    found: dict[str, int] = {}
    for prefix, key in (("", "store_version"), (OF_METRICS, "metrics_version")):
        version, newest = header.get(key), len(_KINDS[prefix].migrations)
        if version is None and prefix:
            continue
        if type(version) is not int or version < 1:
            raise lines.wrong(f"expected a `{key}` from 1 to {newest}, got {version}")
        if version > newest:
            reason = f"the export has `{key}` {version}; this program knows versions up to {newest}"
            error = lines.wrong(reason)
            error.hint = "install the newer llama-reconciler that wrote it"
            raise error
        found[prefix] = version
    return found


class _Target:
    """A database of the version that the export has, with no rows."""

    def __init__(self, path: Path, kind: Kind, version: int) -> None:
        self.connection = connect(path, "rwc")
        self.connection.execute("PRAGMA synchronous = OFF")
        migrate(self.connection, path, now=0.0, migrations=kind.migrations[:version], application=kind.application)
        self.connection.execute("BEGIN")
        self.columns: dict[str, list[str]] = {}
        for table in tables(self.connection):
            self.connection.execute(f"DELETE FROM {quoted(table)}")  # noqa: S608 - quoted
            self.columns[table] = [row[1] for row in self.connection.execute(f"PRAGMA table_info({quoted(table)})")]

    def add(self, document: Mapping[str, Any], lines: Lines) -> None:
        """Writes one row."""
        table, row = str(document.get("table", "")).removeprefix(OF_METRICS), document.get("row")
        if table not in self.columns:
            raise lines.wrong(f"there is no table `{table}` in a store of that version")
        columns = self.columns[table]
        if not isinstance(row, dict) or row.keys() != set(columns):
            known = ", ".join(columns)
            raise lines.wrong(f"expected a row of `{table}` with the columns {known}")
        try:
            values = [decoded(row[column]) for column in columns]
            marks = ", ".join("CAST(? AS TEXT)" if isinstance(one, NoText) else "?" for one in values)
            self.connection.execute(f"INSERT INTO {quoted(table)} VALUES ({marks})", values)  # noqa: S608 - quoted
        except (ValueError, OverflowError) as error:
            raise lines.wrong(f"a value of `{table}` cannot be read: {error}") from error
        except sqlite3.DatabaseError as error:
            if primary(error) not in _REFUSED:
                raise
            raise lines.wrong(f"table `{table}` does not take this row: {error}") from error


_KINDS = {"": STORE_KIND, OF_METRICS: METRICS_KIND}


@contextmanager
def _databases(folder: Path, versions: Mapping[str, int], lines: Lines) -> Iterator[dict[str, _Target]]:
    targets: dict[str, _Target] = {}
    with explained(folder / STORE):
        try:
            for prefix, version in versions.items():
                targets[prefix] = _Target(folder / _KINDS[prefix].file, _KINDS[prefix], version)
            yield targets
            for target in targets.values():
                if broken := target.connection.execute("PRAGMA foreign_key_check").fetchall():
                    raise lines.wrong(f"{len(broken)} rows point nowhere; the first is in table `{broken[0][0]}`")
                target.connection.execute("COMMIT")
        finally:
            for target in targets.values():
                target.connection.close()


def _finish(folder: Path, kind: Kind, version: int, lines: Lines, now: float) -> None:
    """The migrations of the export are ours, and what it lacks of them is done."""
    path = folder / kind.file
    with explained(path), closing(connect(path, "rw")) as connection:
        with writing(connection):
            found = version_of(connection, lines.source, kind.migrations, kind.application)
        if found != version:
            raise lines.wrong(f"expected migrations up to {version}, got {found}")
        migrate(connection, path, now=now, migrations=kind.migrations, application=kind.application)
    path.chmod(0o600)
    to_disk(path)
