"""The generation that is held, if one is. Every function belongs into a transaction of the caller."""

from reconciler.domain.hold import Hold
from reconciler.store.database import Database


def read(database: Database) -> Hold | None:
    """What is held now."""
    rows = database.rows("SELECT generation, who, since, spec, files FROM hold")
    names = ("generation", "who", "since", "spec", "files")
    return Hold(**dict(zip(names, rows[0], strict=True))) if rows else None


def put(database: Database, hold: Hold | None) -> None:
    """Holds this from now on, or nothing."""
    database.execute("DELETE FROM hold")
    if hold is not None:
        values = (hold.generation, hold.who, hold.since, hold.spec, hold.files)
        database.execute("INSERT INTO hold (id, generation, who, since, spec, files) VALUES (1, ?, ?, ?, ?, ?)", values)
