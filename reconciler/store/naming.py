"""The name of the fleet, and where its store lies, inside of the store."""

from pathlib import Path

from reconciler.domain.actor import Actor
from reconciler.store import audit, metadata
from reconciler.store.database import Database


def rename(directory: Path, fleet: str, target: Path, *, now: float, actor: Actor) -> str:
    """
    Writes another name, and other places of logs where the directory is about to move; returns the name before.

    The caller holds the lock, and no server runs.

    Raises:
        StoreError: the store cannot be written.
    """
    database = Database.for_writing(directory, now=now)
    try:
        with database.writing():
            before = metadata.read(database).get("fleet", "")
            if (fleet, target) == (before, directory):
                return before
            metadata.put(database, "fleet", fleet)
            old, new = f"{directory}/", f"{target}/"
            database.execute(
                "UPDATE instances SET log = ? || substr(log, ?) WHERE substr(log, 1, ?) = ?",
                (new, len(old) + 1, len(old), old),
            )
            audit.note(database, actor, "store rename", f"{before} → {fleet}", at=now)
            metadata.raise_serial(database)
    finally:
        database.close()
    return before
