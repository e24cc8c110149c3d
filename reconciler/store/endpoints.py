"""Servers that somebody else runs, to rows and back. What writes belongs into a transaction of the caller."""

from reconciler.domain.frozen import frozen
from reconciler.store.database import Database


@frozen
class Endpoint:
    """
    One endpoint.

    Attributes:
        type: what answers there: `ollama`, `openai-compatible`, `llama-server` or `custom`.
        health_interval: seconds between two looks; `None` is the program's own.
    """

    name: str
    type: str
    base_url: str
    health_interval: float | None = None


def put(database: Database, endpoint: Endpoint) -> None:
    """Makes the store say that this is the endpoint of that name."""
    database.execute(
        "INSERT OR REPLACE INTO endpoints (name, type, base_url, health_interval) VALUES (?, ?, ?, ?)",
        (endpoint.name, endpoint.type, endpoint.base_url, endpoint.health_interval),
    )


def forget(database: Database, name: str) -> None:
    """Removes it."""
    database.execute("DELETE FROM endpoints WHERE name = ?", (name,))


def read(database: Database) -> tuple[Endpoint, ...]:
    """All of them, by name."""
    with database.reading():
        rows = database.rows("SELECT name, type, base_url, health_interval FROM endpoints ORDER BY name")
    return tuple(
        Endpoint(name=name, type=kind, base_url=url, health_interval=interval) for name, kind, url, interval in rows
    )
