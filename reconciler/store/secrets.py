"""Secrets that were encrypted elsewhere, to rows and back. What writes belongs into a transaction of the caller."""

from dataclasses import field

from reconciler.domain.frozen import frozen
from reconciler.store.database import Database


@frozen
class Secret:
    """
    A secret as nobody can read it without the key, which is never in the store.

    Attributes:
        key_id: which key it is, so that another one is told from a damaged text.
    """

    name: str
    ciphertext: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    key_id: str
    created_at: float


def put(database: Database, secret: Secret) -> None:
    """Keeps a secret; one of the same name is replaced."""
    database.execute(
        "INSERT OR REPLACE INTO secrets (name, ciphertext, nonce, key_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (secret.name, secret.ciphertext, secret.nonce, secret.key_id, secret.created_at),
    )


def forget(database: Database, name: str) -> None:
    """Removes it."""
    database.execute("DELETE FROM secrets WHERE name = ?", (name,))


def read(database: Database) -> tuple[Secret, ...]:
    """All of them, by name."""
    with database.reading():
        rows = database.rows("SELECT name, ciphertext, nonce, key_id, created_at FROM secrets ORDER BY name")
    return tuple(
        Secret(name=name, ciphertext=text, nonce=nonce, key_id=key, created_at=at)
        for name, text, nonce, key, at in rows
    )
