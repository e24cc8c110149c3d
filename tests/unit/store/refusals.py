"""
What is done on a host that refuses: `python -m tests.unit.store.refusals full WHAT DISK ELSEWHERE`, `… as-nobody DIR`.

In processes of their own, since they fill a disk and give up the rights of root.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from reconciler.domain.metrics import HostSample, ModelSample, Sample
from reconciler.errors import ReconcilerError
from reconciler.store import MetricsWriter, Store
from reconciler.store.backup import back_up, write_copy
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS, Migration
from reconciler.store.naming import rename
from reconciler.store.replacing import restore
from reconciler.store.transfer.exporting import export
from reconciler.store.transfer.importing import Insist, import_store
from reconciler.store.vacuum import vacuum
from tests.support.stores import ANN, NOW

NOBODY = 65534
STEP = 16_384
MORE = (
    *MIGRATIONS,
    Migration("more", ("CREATE TABLE more (x BLOB) STRICT", "INSERT INTO more VALUES (zeroblob(300000))")),
)
MODELS = tuple(ModelSample(model=f"model-{number}", state="running") for number in range(2000))


def migrate(directory: Path, _elsewhere: Path) -> None:
    Database.for_writing(directory, now=NOW, migrations=MORE).close()


def back_up_beside(directory: Path, _elsewhere: Path) -> None:
    write_copy(directory / "store.db", directory / "x.db")


def restore_older(directory: Path, elsewhere: Path) -> None:
    restore(directory, elsewhere / "backup.db", now=NOW, actor=ANN)


def import_again(directory: Path, elsewhere: Path) -> None:
    lines = [line.encode() for line in export(elsewhere / "origin", program="this one")]
    import_store(directory, Path("x"), lines, now=NOW, actor=ANN, insist=Insist(replace=True))


def measure(directory: Path, _elsewhere: Path) -> None:
    with MetricsWriter.open(directory, now=NOW) as writer:
        assert writer.warning == ""
        writer.save(Sample(host=HostSample(at=NOW), models=MODELS))


def empty(directory: Path, _elsewhere: Path) -> None:
    vacuum(directory)


ACTS: dict[str, Callable[[Path, Path], None]] = {
    "migration": migrate,
    "backup": back_up_beside,
    "restore": restore_older,
    "import": import_again,
    "vacuum": empty,
    "metrics": measure,
}


def free(disk: Path) -> int:
    """Bytes that can still be written."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_bsize


def look(directory: Path) -> tuple[object, ...]:
    """What the store says, and what was measured."""
    with Store.open(directory) as store:
        return store.record(), store.generations(), store.metrics()


def tell(what: str, error: ReconcilerError) -> None:
    """What was refused, and whether there is a way out."""
    print(f"{what}: {error.summary} {'(no way out)' if not error.hint else ''}")  # noqa: T201 - the test reads it


def full(what: str, disk: Path, elsewhere: Path) -> None:
    """Does it with ever more room, from none, until there is enough: each of its writes was once the one that fails."""
    directory, filler, left, refused = disk / "state", disk / "filler", 0, 0
    while True:
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(elsewhere / "origin", directory)
        before = look(directory)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free(disk) - left)
        try:
            ACTS[what](directory, elsewhere)
        except ReconcilerError as error:
            refused += 1
            tell(what, error)
            filler.unlink()
            assert look(directory) == before, f"with {left} bytes left: {look(directory)}"
            ACTS[what](directory, elsewhere)
        else:
            assert refused, "there was room from the beginning"
            return
        left += STEP


def as_nobody(directory: Path) -> None:
    """All that writes, by a user who may not: each is refused with a way out."""
    elsewhere = directory.parent
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    acts: dict[str, Callable[[], object]] = {
        "open": lambda: Database.for_writing(directory, now=NOW),
        "migrate": lambda: migrate(directory, elsewhere),
        "backup": lambda: back_up(directory / "store.db", version=1, now=NOW),
        "restore": lambda: restore_older(directory, elsewhere),
        "import": lambda: import_again(directory, elsewhere),
        "rename": lambda: rename(directory, "new", directory, now=NOW, actor=ANN),
        "vacuum": lambda: vacuum(directory),
        "metrics": lambda: measure(directory, elsewhere),
    }
    for name, act in acts.items():
        try:
            act()
        except ReconcilerError as error:
            tell(name, error)
        else:
            print(f"{name}: done")  # noqa: T201 - the test reads it


if __name__ == "__main__":
    if sys.argv[1] == "full":
        full(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        as_nobody(Path(sys.argv[2]))
