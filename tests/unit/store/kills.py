"""What is killed: each case is done on a fresh copy, told by its state, and done again after the kill."""

import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from reconciler.domain.metrics import HostSample, Sample
from reconciler.errors import StoreError
from reconciler.spec.record import Applied
from reconciler.store import MetricsWriter, Store
from reconciler.store.backup import write_copy
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS, Migration
from reconciler.store.replacing import restore
from reconciler.store.transfer.exporting import export
from reconciler.store.transfer.importing import Insist, import_store
from tests.support.stores import ANN, CODER, EMBED, FILLED, NOW, apply_lines, fill, open_writer

MORE = (
    *MIGRATIONS,
    Migration(
        "large",
        (
            "CREATE TABLE extra (x BLOB) STRICT",
            # More than the page cache holds, so that pages reach the file long before the commit.
            "INSERT INTO extra VALUES (zeroblob(3000000))",
            "ALTER TABLE resources ADD COLUMN note TEXT",
            "UPDATE resources SET note = 'migrated'",
        ),
    ),
    Migration("another", ("CREATE TABLE more (x BLOB) STRICT", "INSERT INTO more VALUES (zeroblob(500000))")),
)


GOLDEN = Path(__file__).parents[2] / "fixtures/stores/v1.db"


class Case(ABC):
    """A store, what is done to it, and how to tell whether it was."""

    before: object = "before"
    after: object = "after"

    def __init__(self, base: Path) -> None:
        self.origin = base / "origin"
        with open_writer(self.origin) as writer:
            fill(writer)
            assert EMBED.applied
            # Large enough that writing it takes a moment.
            document = {**EMBED.applied.document, "env": {"X": "x" * 400_000}}
            applied = Applied(spec_version=1, serve="dedicated", document=document)
            for number in range(4):
                apply_lines(writer, replace(EMBED, applied=applied), now=NOW + 10 + number)
            write_copy(self.origin / "store.db", base / "backup.db")
            apply_lines(writer, CODER, now=NOW + 20)
        self.backup = base / "backup.db"
        self.prepare()

    def prepare(self) -> None:  # noqa: B027 - most cases need nothing
        """Spoils or adds to the origin."""

    def fresh(self, directory: Path) -> Path:
        """A copy of the origin."""
        shutil.copytree(self.origin, directory)
        return directory

    @abstractmethod
    def act(self, directory: Path) -> None:
        """Does it."""

    @abstractmethod
    def state(self, directory: Path) -> object:
        """`before` or `after`, or what else it is."""


def sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong, half transactions of a killed writer undone."""
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def generation(directory: Path) -> int:
    with Store.open(directory) as store:
        return store.record().generation


class MigrationCase(Case):
    """Two migrations with a backup before: of the three states each is whole."""

    before, after = (len(MIGRATIONS), 0), (len(MORE), 3)

    def act(self, directory: Path) -> None:
        Database.for_writing(directory, now=NOW, migrations=MORE).close()

    def state(self, directory: Path) -> object:
        assert sound(directory / "store.db")
        assert all(sound(one) for one in (directory / "backups").glob("*.db"))
        with closing(sqlite3.connect(directory / "store.db")) as raw:
            version: int = raw.execute("PRAGMA user_version").fetchone()[0]
            parts: int = raw.execute(
                "SELECT (SELECT count(*) FROM sqlite_schema WHERE name IN ('extra', 'more'))"
                " + (SELECT count(*) FROM pragma_table_info('resources') WHERE name = 'note')"
            ).fetchone()[0]
        between = (len(MIGRATIONS) + 1, 2)
        # A whole migration is a state of its own: the next run does the rest.
        return self.before if (version, parts) == between else (version, parts)


class ReleasedCase(Case):
    """All that was released since the first version, on the store that it wrote."""

    before, after = "an older version", "today's"

    def fresh(self, directory: Path) -> Path:
        (directory / "backups").mkdir(parents=True)
        shutil.copy(GOLDEN, directory / "store.db")
        return directory

    def act(self, directory: Path) -> None:
        Database.for_writing(directory, now=NOW).close()

    def state(self, directory: Path) -> object:
        assert sound(directory / "store.db")
        assert all(sound(one) for one in (directory / "backups").glob("*.db"))
        with Store.open(directory) as store:
            record = store.record()
        assert record.resources == FILLED.resources
        return self.before if record.migration_pending else self.after


class BackupCase(Case):
    """A file of that name is whole, and the store is not touched."""

    def act(self, directory: Path) -> None:
        write_copy(directory / "store.db", directory / "x.db")

    def state(self, directory: Path) -> object:
        assert generation(directory) == generation(self.origin)
        if not (directory / "x.db").exists():
            return "before"
        return "after" if sound(directory / "x.db") else "a damaged copy"


class RestoreCase(Case):
    """The older generation takes the place of the newer one."""

    before: object = 6
    after: object = 5

    def act(self, directory: Path) -> None:
        if generation(directory) != self.after:
            restore(directory, self.backup, now=NOW, actor=ANN)

    def state(self, directory: Path) -> object:
        assert sound(directory / "store.db")
        assert all(sound(one) for one in (directory / "backups").glob("store-v*.db"))
        return generation(directory)


class DamagedCase(RestoreCase):
    """The same where there is nothing that SQLite could read."""

    before = "damaged"

    def prepare(self) -> None:
        (self.origin / "store.db").write_bytes(b"damaged" * 100_000)
        (self.origin / "store.db-wal").write_bytes(b"left" * 10_000)

    def act(self, directory: Path) -> None:
        if self.state(directory) == self.before:
            restore(directory, self.backup, now=NOW, actor=ANN)

    def state(self, directory: Path) -> object:
        try:
            return generation(directory)
        except StoreError:
            return "damaged"


class ImportCase(Case):
    """An empty directory, then all of it."""

    before, after = 0, 6

    def prepare(self) -> None:
        with MetricsWriter.open(self.origin, now=NOW) as metrics:
            for at in range(200):
                metrics.save(Sample(host=HostSample(at=float(at))))
        self.lines = [line.encode() for line in export(self.origin, program="this one")]

    def fresh(self, directory: Path) -> Path:
        directory.mkdir()
        return directory

    def act(self, directory: Path) -> None:
        if generation(directory) != self.after:
            import_store(directory, Path("x"), self.lines, now=NOW, actor=ANN, insist=Insist())

    def state(self, directory: Path) -> object:
        found = generation(directory)
        assert not (directory / "store.db").exists() or sound(directory / "store.db")
        assert not (directory / "metrics.db").exists() or sound(directory / "metrics.db")
        return found


class MetricsCase(Case):
    """Measurements come second by second; each is there with its models or not at all."""

    before, after = "whole", "done"

    def act(self, directory: Path) -> None:
        with MetricsWriter.open(directory, now=NOW) as metrics:
            assert metrics.warning == ""
            for at in range(50):
                metrics.save(Sample(host=HostSample(at=float(at))))
                metrics.retain(float(at) - 20)
            metrics.retain(101.0)
            metrics.save(Sample(host=HostSample(at=100.0)))

    def state(self, directory: Path) -> object:
        assert not (directory / "metrics.db").exists() or sound(directory / "metrics.db")
        with Store.open(directory) as store:
            times = [one.at for one in store.metrics()]
        return self.after if times == [100.0] else "whole"


CASES: dict[str, Callable[[Path], Case]] = {
    "migration": MigrationCase,
    "released migrations": ReleasedCase,
    "backup": BackupCase,
    "restore": RestoreCase,
    "restore over a damaged one": DamagedCase,
    "import": ImportCase,
    "metrics": MetricsCase,
}
