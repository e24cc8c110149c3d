"""
The copy beside a file that is about to be changed: its bytes and those beside it, with all that is needed to go back.

It counts once its last part, the list of the others, is there. Until it is whole it lies under another name, so that
nothing is written over that somebody else put there.
"""

import json
import os
import shlex
from contextlib import suppress
from dataclasses import asdict
from errno import EDQUOT, ENOSPC
from hashlib import file_digest
from pathlib import Path
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.errors import LegacyError
from reconciler.legacy.in_place import Content, not_writable
from reconciler.legacy.private_copy import SIDES, beside, copied

SUFFIX = ".before-004"
PARTS = ("", *SIDES, "-shm")
_LIST = ".json"
_PARTIAL = ".partial"
_VERSION = 1


@frozen
class Part:
    """One file as it was."""

    sha256: str
    mode: int
    mtime_ns: int
    uid: int
    gid: int


@frozen
class Keepsake:
    """
    Attributes:
        parts: by what their names end in.
        before: what the file held, `after` what it held when the migration was done.
    """

    real: Path
    parts: dict[str, Part]
    before: Content
    after: Content

    @property
    def place(self) -> Path:
        """Where the copy of the file itself is."""
        return place_of(self.real)

    @property
    def is_there(self) -> bool:
        """Whether nothing of it was taken away."""
        return all(beside(self.place, side).exists() for side in self.parts)


def place_of(real: Path) -> Path:
    """Where the copy of a file is or would be."""
    return beside(real, SUFFIX)


def take(real: Path) -> dict[str, Part] | None:
    """
    Copies the file and what is beside it; None where somebody writes. The list of parts is missing yet.

    Raises:
        LegacyError: there is no room, or the directory may not be written.
    """
    partial = beside(place_of(real), _PARTIAL)
    try:
        # Nobody may read the copy who may not read the file: it is made empty, for its owner alone, and filled then.
        for side in PARTS:
            beside(partial, side).unlink(missing_ok=True)
            if beside(real, side).exists():
                os.close(os.open(beside(partial, side), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if not copied(real, partial, sides=PARTS[1:]):
            return None
        parts = {side: _part(beside(real, side)) for side in PARTS if beside(partial, side).exists()}
        for side, part in parts.items():
            _secure(beside(partial, side), part)
            _verify(beside(partial, side), part)
        for side in parts:
            beside(partial, side).replace(beside(place_of(real), side))
    except OSError as error:
        raise _failed(real, error) from error
    return parts


def require_place(real: Path) -> None:
    """
    Raises:
        LegacyError: something else lies where the copy has to; one of the same bytes is an attempt that was killed.
    """
    for side in PARTS:
        there = beside(place_of(real), side)
        if os.path.lexists(there) and not (beside(real, side).exists() and matches(there, _part(beside(real, side)))):
            raise LegacyError(
                f"`{there}` is in the way",
                kind="changed",
                detail=f"the copy of `{real}` has to lie there, and that is none of its present state",
                hint=f"move it away: `{shlex.join(['mv', str(there), f'{there}.mine'])}`",
            )


def complete(keepsake: Keepsake) -> None:
    """Writes the list of parts; from now on the copy counts."""
    document = {
        "format_version": _VERSION,
        "parts": {side: asdict(part) for side, part in keepsake.parts.items()},
        "before": keepsake.before,
        "after": keepsake.after,
    }
    target = beside(keepsake.place, _LIST)
    try:
        _write(beside(target, ".new"), json.dumps(document, indent=1).encode())
        _secure(beside(target, ".new"), keepsake.parts[""])
        beside(target, ".new").replace(target)
        sync(target.parent)
    except OSError as error:
        raise _failed(keepsake.real, error) from error


def load(real: Path) -> Keepsake | None:
    """
    The copy beside a file; None where there is none.

    Raises:
        LegacyError: its list cannot be read.
    """
    target = beside(place_of(real), _LIST)
    try:
        document: Any = json.loads(target.read_bytes())
        return Keepsake(
            real=real,
            parts={side: Part(**part) for side, part in document["parts"].items() if side in PARTS},
            before={table: (rows, digest) for table, (rows, digest) in document["before"].items()},
            after={table: (rows, digest) for table, (rows, digest) in document["after"].items()},
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(real, error) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LegacyError(
            f"`{target}` is damaged",
            kind="corrupt",
            detail="expected the list of a copy that `reconcile legacy migrate` wrote",
            hint=f"the copy itself is `{place_of(real)}`: put it in the place of `{real}` by hand",
        ) from error


def remove(real: Path) -> None:
    """Takes the copy away, its list last: by that the next one knows what is still to be taken away."""
    place = place_of(real)
    for side in PARTS:
        beside(beside(place, _PARTIAL), side).unlink(missing_ok=True)
        beside(place, side).unlink(missing_ok=True)
    for side in (f"{_LIST}.new", _LIST):
        beside(place, side).unlink(missing_ok=True)
    sync(place.parent)


def matches(path: Path, part: Part) -> bool:
    """Whether a file has the bytes of that part."""
    try:
        return _digest(path) == part.sha256
    except FileNotFoundError:
        return False


def sync(directory: Path) -> None:
    """What was renamed in a directory survives a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _part(path: Path) -> Part:
    found = path.stat()
    return Part(
        sha256=_digest(path),
        mode=found.st_mode & 0o7777,
        mtime_ns=found.st_mtime_ns,
        uid=found.st_uid,
        gid=found.st_gid,
    )


def _secure(copy: Path, part: Part) -> None:
    """The owner of the file keeps a way to the copy when root migrates; on the disk before anything is changed."""
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        with suppress(PermissionError):
            os.fchown(descriptor, part.uid, part.gid)
        os.fchmod(descriptor, part.mode & 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verify(copy: Path, part: Part) -> None:
    if not matches(copy, part):
        raise LegacyError(
            f"the copy `{copy}` is not what was copied",
            kind="corrupt",
            detail="the file changed meanwhile, or the disk does not keep what is written",
            hint="stop the dashboard and try again; look at the errors of the disk with `dmesg`",
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
        file.write(content)


def _failed(real: Path, error: OSError) -> LegacyError:
    with suppress(OSError):
        # What there was is kept where its list is; an attempt is not.
        if not beside(place_of(real), _LIST).exists():
            remove(real)
    if error.errno in (ENOSPC, EDQUOT):
        return LegacyError(
            f"there is no room beside `{real}` for a copy of it",
            kind="no_room",
            detail=f"{real.stat().st_size:,} bytes and those of its log are needed",
            hint="make room on that disk",
        )
    return not_writable(real, f"{error.strerror}: `{error.filename}`")
