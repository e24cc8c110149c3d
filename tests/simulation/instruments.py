"""What has no port and still is a place to be killed at: commits of the store, and the named crash points."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from reconciler.apply import crashpoint, launch
from reconciler.store import database, metadata, migrations, transaction
from reconciler.supervise import once, passes
from reconciler.supervise.passes import Planned
from tests.simulation.program import CURRENT


@contextmanager
def instrumented(draws: Random) -> Iterator[None]:
    """
    Makes them boundaries of the program whose code runs, and takes uuids from `draws`, so that a seed is a world.

    A full disk refuses commits as SQLite would: before anything is kept.
    """

    def drawn() -> uuid.UUID:
        return uuid.UUID(int=draws.getrandbits(128), version=4)

    with (
        patch.object(database, "writing", _writing),
        patch.object(migrations, "writing", _writing),
        patch.object(crashpoint, "reached", _reached),
        patch.object(once, "plan_once", _planning),
        patch.object(launch, "uuid4", drawn),
        patch.object(metadata, "uuid4", drawn),
    ):
        yield


async def _planning(*inputs: Any) -> Planned:
    planned = await passes.plan_once(*inputs)
    if program := CURRENT.get():
        program.planned = planned.plan
    return planned


def _reached(name: str) -> None:
    assert name in crashpoint.POINTS
    if program := CURRENT.get():
        program.boundary(f"point:{name}")


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    program = CURRENT.get()
    if program is None or not connection.execute("PRAGMA database_list").fetchone()[2]:
        # Nobody's, or a copy in memory that is gone with its reader.
        with transaction.writing(connection):
            yield
        return
    program.boundary("commit:begin")
    if why := program.host.disk.refusal():
        kind = sqlite3.SQLITE_READONLY if "ead-only" in why else sqlite3.SQLITE_FULL
        raise _refusal(why, kind)
    with transaction.writing(connection):
        yield
        program.boundary("commit:before")
    program.boundary("commit:after")


def _refusal(why: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(why)
    error.sqlite_errorcode = code
    return error
