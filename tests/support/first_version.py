"""Stores as the first version of this program wrote them."""

from collections.abc import Iterable
from pathlib import Path

from reconciler.domain.names import ResourceId, SlotUid
from reconciler.spec.record import Applied, ResourceRecord
from reconciler.store import Store
from reconciler.store.columns import to_json
from reconciler.store.database import Database
from reconciler.store.migrations import MIGRATIONS

UNCHANGED = ("metadata", "runs", "instances", "conditions", "steps", "generations", "events")
"""Tables that have today what they had then, and more; in an order in which none refers to a later one."""

_RESOURCE = """
    INSERT INTO resources (uid, resource, spec_version, serve, applied, desired_running, port, protected, restarts,
        load_seconds) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
"""


def write_first(directory: Path, lines: Iterable[ResourceRecord], *, now: float) -> Database:
    """A store with these resources; close it."""
    database = Database.for_writing(directory, now=now, migrations=MIGRATIONS[:1])
    with database.writing():
        for one in lines:
            assert one.applied
            facts = (one.desired_running, one.port, one.protected, one.restarts, to_json(one.load_seconds))
            document = to_json(one.applied.document)
            database.execute(_RESOURCE, (one.uid, one.resource, one.applied.serve, document, *facts))
    return database


def as_line(number: int, applied: Applied) -> ResourceRecord:
    """The line of something that runs."""
    name = "router" if applied.serve == "process" else f"model/m{number}"
    return ResourceRecord(
        resource=ResourceId(name), uid=SlotUid(f"uid-{number}"), applied=applied, desired_running=True
    )


def put_back(directory: Path) -> None:
    """Makes the store of a directory what the first version would have left of the same runs."""
    with Store.open(directory) as store:
        record = store.record()
    aside = directory / "first"
    database = write_first(aside, record.resources.values(), now=0.0)
    database.execute("ATTACH ? AS today", (str(directory / "store.db"),))
    with database.writing():
        for table in UNCHANGED:
            names = (name for (name,) in database.rows("SELECT name FROM pragma_table_info(?, 'main')", (table,)))
            same = ", ".join(names)
            database.execute(f"INSERT OR REPLACE INTO main.{table} ({same}) SELECT {same} FROM today.{table}")  # noqa: S608 - our own names
    database.close()
    for beside in directory.glob("store.db-*"):
        beside.unlink()
    (aside / "store.db").replace(directory / "store.db")
