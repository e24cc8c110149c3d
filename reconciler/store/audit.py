"""The audit: rows that are only ever added. Every function belongs into a transaction of the caller."""

import sqlite3
from collections.abc import Mapping

from reconciler.domain.actor import Actor
from reconciler.store.columns import marks
from reconciler.store.database import Database

NOBODY = Actor()

OF_A_STEP = """
    INSERT INTO events (at, who, user_id, sudo_user, host, via, program, run, what, resource, result, detail)
    SELECT steps.finished_at, who, user_id, sudo_user, host, via, program, run, operation, resource, steps.result,
        action || CASE message WHEN '' THEN '' ELSE ': ' || message END
    FROM steps JOIN runs ON runs.id = run WHERE steps.id = ?
"""
"""What became of one step, on behalf of whoever began its run."""

OF_A_RUN = """
    INSERT INTO events (at, who, user_id, sudo_user, host, via, program, run, what, resource, result, detail)
    SELECT finished_at, who, user_id, sudo_user, host, via, program, id, operation, '', result,
        CASE WHEN rollback_to IS NULL THEN origin ELSE 'to generation ' || rollback_to END
    FROM runs WHERE id = ?
"""

OF_A_LINE = """
    INSERT INTO events (at, who, user_id, sudo_user, host, via, program, run, what, resource, result, detail)
    SELECT ?, who, user_id, sudo_user, host, via, program, id, operation, ?, 'done', 'recorded what costs nothing'
    FROM runs WHERE id = ?
"""


def note(database: Database, actor: Actor, what: str, detail: str = "", *, at: float) -> None:
    """Adds what was done to the fleet as a whole without a run."""
    row = _row(actor, what, detail, at)
    names = ", ".join(row)
    database.execute(f"INSERT INTO events ({names}) VALUES ({marks(list(row))})", tuple(row.values()))  # noqa: S608 - our own names


def note_aside(copy: sqlite3.Connection, actor: Actor, what: str, detail: str, *, at: float) -> None:
    """The same in a store of any version, which may know less of who it was."""
    known = {name for (name,) in copy.execute("SELECT name FROM pragma_table_info('events')")}
    row = {name: value for name, value in _row(actor, what, detail, at).items() if name in known}
    copy.execute(f"INSERT INTO events ({', '.join(row)}) VALUES ({marks(list(row))})", tuple(row.values()))  # noqa: S608 - our own names


def _row(actor: Actor, what: str, detail: str, at: float) -> Mapping[str, object]:
    return {
        "at": at,
        "who": actor.who,
        "user_id": actor.user_id,
        "sudo_user": actor.sudo_user,
        "host": actor.host,
        "via": actor.via,
        "program": actor.program,
        "what": what,
        "resource": "",
        "result": "done",
        "detail": detail,
    }
