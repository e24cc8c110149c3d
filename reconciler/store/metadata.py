"""The few facts of a store as a whole: lineage, serial, fleet, origin, time of creation."""

from uuid import uuid4

from reconciler.store.database import Database

OWN = frozenset({"lineage", "serial", "fleet", "origin", "created_at", "max_stop"})
"""What the program itself lives by; imports may add more."""


def read(database: Database) -> dict[str, str]:
    """All of them; empty for a store that nobody has written to yet."""
    return dict(database.rows("SELECT key, value FROM metadata"))


def settle(database: Database, *, lineage: str, beside: str, fleet: str, now: float) -> str:
    """
    Gives a new store its first facts and returns its lineage. Writes nothing where all is known already.

    Args:
        lineage: found on living children; wins. Empty when there are none.
        beside: as kept in `run/lineage`; for a store that has none of its own.
    """
    with database.reading():
        facts = read(database)
    settled = lineage or facts.get("lineage") or beside or str(uuid4())
    wanted = {"serial": "0", "fleet": fleet, "origin": "", "created_at": repr(now), **facts, "lineage": settled}
    if wanted != facts:
        with database.writing():
            for key, value in wanted.items():
                put(database, key, value)
    return settled


def put(database: Database, key: str, value: str) -> None:
    """Sets one fact, inside a transaction."""
    database.execute(
        "INSERT INTO metadata VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value)
    )


def raise_serial(database: Database) -> None:
    """Makes saved plans stale, inside the transaction that does so."""
    database.execute("UPDATE metadata SET value = CAST(value AS INTEGER) + 1 WHERE key = 'serial'")
