"""
Migration 004 on the file itself, for whoever stays on the dashboard.

It is rehearsed on a private copy first; what came out there is what the file must hold before the one transaction
counts. So a way back is there before anything is changed, and a kill at any moment leaves the old state or the new one.
"""

import os
import shlex
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from reconciler.domain.frozen import frozen
from reconciler.errors import LegacyError
from reconciler.legacy import in_place, keepsake
from reconciler.legacy.amendment import TOUCHED, Amendment, amendment_of
from reconciler.legacy.holders import alone
from reconciler.legacy.in_place import Content, content
from reconciler.legacy.keepsake import Keepsake
from reconciler.legacy.private_copy import busy, pause, real_file
from reconciler.legacy.source import open_source
from reconciler.legacy.unified import Unified, unify
from reconciler.legacy.vintage import Vintage, vintage_of

_PATIENCE = 5.0


class State(StrEnum):
    """What became of the file."""

    MIGRATED = "migrated"
    WOULD_MIGRATE = "would_migrate"
    UNCHANGED = "unchanged"


@frozen
class Migration:
    """
    Attributes:
        path: the file behind links.
        digest: sha256 of the file as it was found.
        found: the settings as they are or will be in the unified rows.
        copy: where the file lies as it was; None where nothing was written.
    """

    path: Path
    digest: str
    vintage: Vintage
    found: Unified
    amendment: Amendment
    state: State
    copy: Path | None = None


def assess(path: Path, *, from_backup: bool = False, patience: float = _PATIENCE) -> Migration:
    """
    What a migration would do; writes nothing.

    Raises:
        LegacyError: the file cannot be read, or is no database of the dashboard.
    """
    real = real_file(path)
    with open_source(real, patience=patience) as source:
        vintage, found = vintage_of(source), unify(source)
        amendment = amendment_of(source, vintage, found, from_backup=from_backup)
        return Migration(
            path=real,
            digest=source.digest,
            vintage=vintage,
            found=found,
            amendment=amendment,
            state=State.WOULD_MIGRATE if amendment.rows else State.UNCHANGED,
        )


def migrate(path: Path, *, now: float, from_backup: bool = False, patience: float = _PATIENCE) -> Migration:
    """
    Unifies the settings of a file, unless that was done; a copy of the file is beside it then.

    Raises:
        LegacyError: it is in use, cannot be read or written, or there is no room; it is as it was.
    """
    real = real_file(path)
    planned = assess(real, from_backup=from_backup, patience=patience)
    if planned.state is State.UNCHANGED:
        return planned
    _require_one_name(real)
    _require_writable(real)
    with alone(real, patience=patience):
        # Somebody else may have done it while we waited.
        planned = assess(real, from_backup=from_backup, patience=patience)
        if planned.state is State.UNCHANGED:
            return planned
        earlier = keepsake.load(real)
        if earlier is None:
            keepsake.require_place(real)
        try:
            kept = _kept(real, earlier, planned.amendment, now=int(now), patience=patience)
            _amend(kept, planned.amendment, now=int(now))
        except LegacyError:
            if earlier is None:
                # Nothing was changed, so the copy is of no use.
                with suppress(OSError):
                    keepsake.remove(real)
            raise
    return Migration(
        path=real,
        digest=planned.digest,
        vintage=planned.vintage,
        found=planned.found,
        amendment=planned.amendment,
        state=State.MIGRATED,
        copy=kept.place,
    )


def _kept(real: Path, earlier: Keepsake | None, amendment: Amendment, *, now: int, patience: float) -> Keepsake:
    """The copy beside the file: that of an attempt which was cut short, or a new one."""
    if earlier is None or not earlier.is_there:
        parts = _taken(real, patience)
    elif in_place.content_of(real, patience=patience) == earlier.before:
        parts = earlier.parts
    else:
        raise _another_copy(real)
    before, after = in_place.rehearse(keepsake.place_of(real), amendment, named=real, now=now)
    _refuse_side_effects(real, before, after)
    kept = Keepsake(real=real, parts=parts, before=before, after=after)
    keepsake.complete(kept)
    return kept


def _taken(real: Path, patience: float) -> dict[str, keepsake.Part]:
    deadline = time.monotonic() + patience
    while (parts := keepsake.take(real)) is None:
        pause(deadline, busy(real))
    return parts


def _amend(kept: Keepsake, amendment: Amendment, *, now: int) -> None:
    with in_place.exclusively(kept.real) as connection:
        if content(connection) != kept.before:
            raise busy(kept.real)
        in_place.amend(connection, amendment, now=now)
        if content(connection) != kept.after:
            raise RuntimeError("the migration did not do what it did on a copy")
        connection.execute("COMMIT")


def _require_one_name(real: Path) -> None:
    """A backup by hard links would be changed with the file, and a way back by a rename would part them."""
    quoted = shlex.quote(str(real))
    if (names := real.stat().st_nlink) > 1:
        raise LegacyError(
            f"`{real}` has {names} names: the other ones would change with it",
            kind="not_writable",
            detail="expected no hard links; nothing was written",
            hint=f"part them: `cp -p {quoted} {quoted}.own && mv {quoted}.own {quoted}`",
        )


def _require_writable(real: Path) -> None:
    for one in (real, real.parent):
        if not os.access(one, os.W_OK):
            raise in_place.not_writable(real, f"expected the right to write to `{one}`")


def _refuse_side_effects(real: Path, before: Content, after: Content) -> None:
    """A trigger in the file would do to other tables what nobody asked for."""
    changed = [table for table in before if table not in TOUCHED | {"sqlite_schema"} and before[table] != after[table]]
    if changed:
        raise LegacyError(
            f"a trigger in `{real}` would change `{changed[0]}`",
            kind="unknown_schema",
            detail="expected that only the rows of the settings change; nothing was written",
            hint=f"look at it with `sqlite3 {shlex.quote(str(real))} .schema`, and drop it",
        )


def _another_copy(real: Path) -> LegacyError:
    place = keepsake.place_of(real)
    return LegacyError(
        f"`{place}` is the copy of another state of this file",
        kind="changed",
        detail="a second migration would lose what an earlier one kept",
        hint=f"go back to it with `reconcile legacy rollback {shlex.quote(str(real))}`, or move `{place}*` away",
    )
