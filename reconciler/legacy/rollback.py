"""
Back to the file as it was before its migration, byte for byte.

Files are put in place one by one, so every moment between has to be the old state too. Where a log or a journal comes
back with the file, a file that has their content already is put there first: each of them changes nothing then.
"""

import os
import shlex
from contextlib import suppress
from pathlib import Path

from reconciler.domain.frozen import frozen
from reconciler.errors import LegacyError
from reconciler.legacy import in_place, keepsake
from reconciler.legacy.holders import alone
from reconciler.legacy.in_place import Content
from reconciler.legacy.keepsake import PARTS, Keepsake, Part
from reconciler.legacy.private_copy import beside, private_copy, real_file

_PATIENCE = 5.0
_NEW = ".restored"


@frozen
class Restored:
    """
    Attributes:
        lost: what the file said after its migration and says no more, a line a table.
    """

    path: Path
    lost: tuple[str, ...] = ()


def roll_back(path: Path, *, discard: bool = False, patience: float = _PATIENCE) -> Restored:
    """
    Restores a file, and takes the copy beside it away.

    Args:
        path: the file that was migrated.
        discard: also when the file was changed after its migration; those changes are lost.
        patience: seconds to wait for others who have the file open.

    Raises:
        LegacyError: there is no copy, it is damaged, or the file is in use or was changed; the file is as it was.
    """
    real = real_file(path)
    with alone(real, patience=patience):
        kept = keepsake.load(real)
        if kept is None:
            raise _no_copy(real)
        if _is_back(kept):
            # An earlier attempt was killed before its last step.
            keepsake.remove(real)
            return Restored(path=real)
        _verify(kept)
        now = _content(kept, patience, discard=discard)
        lost = _lost(kept, now)
        if lost and not discard:
            raise _changed(kept, lost)
        try:
            _restore(kept, now)
        except OSError as error:
            raise _failed(kept, error) from error
    return Restored(path=real, lost=lost)


def _restore(kept: Keepsake, now: Content | None) -> None:
    _settle(kept.real, now)
    sides = [side for side in PARTS if side and side in kept.parts]
    new = beside(kept.real, _NEW)
    if sides:
        _settled_image(kept, new)
        new.replace(kept.real)
    for side in sides:
        new.write_bytes(beside(kept.place, side).read_bytes())
        _put(new, beside(kept.real, side), kept.parts[side])
    # The copy itself goes back: on a full disk, too, where there was nothing beside the file.
    _put(kept.place, kept.real, kept.parts[""])
    keepsake.remove(kept.real)


def _put(source: Path, target: Path, part: Part) -> None:
    """By one rename, with owner, mode and time as they were."""
    descriptor = os.open(source, os.O_RDONLY)
    try:
        with suppress(PermissionError):
            os.fchown(descriptor, part.uid, part.gid)
        os.fchmod(descriptor, part.mode)
        os.utime(descriptor, ns=(part.mtime_ns, part.mtime_ns))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    source.replace(target)
    keepsake.sync(target.parent)


def _settle(real: Path, now: Content | None) -> None:
    """What lies beside the file now belongs to the state that goes."""
    try:
        in_place.settle(real, expected=now)
    except LegacyError as error:
        if error.kind != "corrupt":
            raise
        # Nothing can be done for it, and the user said that it may go.
    for side in PARTS[1:]:
        beside(real, side).unlink(missing_ok=True)


def _settled_image(kept: Keepsake, target: Path) -> None:
    with private_copy(kept.place, patience=0.0) as copy:
        in_place.settle(copy)
        target.unlink(missing_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, kept.parts[""].mode & 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - by descriptor
            file.write(copy.read_bytes())
            file.flush()
            os.fsync(file.fileno())


def _is_back(kept: Keepsake) -> bool:
    return not kept.place.exists() and all(
        keepsake.matches(beside(kept.real, side), part) for side, part in kept.parts.items()
    )


def _verify(kept: Keepsake) -> None:
    for side, part in kept.parts.items():
        copy = beside(kept.place, side)
        if not keepsake.matches(copy, part):
            raise LegacyError(
                f"the copy `{copy}` is missing or was changed",
                kind="corrupt",
                detail="expected the bytes of before the migration",
                hint="take a backup of the dashboard (`data/backup/`); the originals of the settings are in the table "
                "`migration_backup_004`",
            )


def _content(kept: Keepsake, patience: float, *, discard: bool) -> Content | None:
    """None where the file is damaged, and the user said that it may go."""
    try:
        return in_place.content_of(kept.real, patience=patience)
    except LegacyError as error:
        if discard and error.kind == "corrupt":
            return None
        raise


def _lost(kept: Keepsake, now: Content | None) -> tuple[str, ...]:
    if now is None:
        return ("all of it: the file is damaged",)
    return () if now in (kept.before, kept.after) else _differences(kept.after, now)


def _differences(before: Content, now: Content) -> tuple[str, ...]:
    tables = (table for table in sorted({*before, *now}) if before.get(table) != now.get(table))
    return tuple(_difference(table, before.get(table), now.get(table)) for table in tables)


def _difference(table: str, before: tuple[int, str] | None, now: tuple[int, str] | None) -> str:
    if before is None or now is None:
        return f"`{table}`: the table is {'gone' if now is None else 'new'}"
    if before[0] != now[0]:
        return f"`{table}`: {before[0]} rows after the migration, {now[0]} now"
    return f"`{table}`: some of its {now[0]} rows changed"


def _changed(kept: Keepsake, lost: tuple[str, ...]) -> LegacyError:
    return LegacyError(
        f"`{kept.real}` was changed after its migration",
        kind="changed",
        detail="\n".join(lost),
        hint="to lose that and go back all the same: "
        f"`reconcile legacy rollback --discard-changes {shlex.quote(str(kept.real))}`",
    )


def _no_copy(real: Path) -> LegacyError:
    return LegacyError(
        f"there is no copy of `{real}` from before a migration",
        kind="no_copy",
        detail=f"expected `{keepsake.place_of(real)}`, which `reconcile legacy migrate` makes",
        hint="the originals of a migration that the dashboard's own script did are in the table `migration_backup_004`",
    )


def _failed(kept: Keepsake, error: OSError) -> LegacyError:
    with suppress(OSError):
        beside(kept.real, _NEW).unlink(missing_ok=True)
    return LegacyError(
        f"`{kept.real}` cannot be restored now: {error.strerror}",
        kind="not_writable",
        detail=f"its copy `{kept.place}` is whole",
        hint="make room or mend the mode of the directory, then call it again",
    )
