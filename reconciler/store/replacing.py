"""
Putting a checked copy in the place of a store, for `restore` and `import`.

The copy is made aside in `.new`, checked there, and only then becomes the store: in one transaction, or by a rename
where what is there cannot be read any more. A kill leaves the one or the other.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reconciler.domain.actor import Actor
from reconciler.domain.stored import Replaced
from reconciler.errors import StoreError
from reconciler.spec.record import Record
from reconciler.store import audit
from reconciler.store.backup import back_up, copy_into, free_name, to_disk
from reconciler.store.failures import UnusableStoreError, explained
from reconciler.store.filesystem import is_local
from reconciler.store.journal_mode import journal_mode
from reconciler.store.layout import BACKUPS, STORE, backup_folder, is_there, prepare, read_lineage, write_lineage
from reconciler.store.migrations import version_of
from reconciler.store.opening import connect, open_file
from reconciler.store.reader import Store
from reconciler.store.transaction import reading, writing

_BESIDE = ("-journal", "-wal", "-shm")


@contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """A folder for the copy, empty; what a killed program left there goes. The caller holds the lock."""
    folder = directory / ".new"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreError(
            f"the store cannot use `{folder}`: {error.strerror}", hint="mend the owner and the mode of its directory"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restore(directory: Path, file: Path, *, now: float, actor: Actor, accept_lineage: bool = False) -> Replaced:
    """
    Puts a backup in the place of a store. The caller holds the lock.

    Raises:
        StoreError: the file is no store of this fleet, newer than the program or damaged, or the host refuses; what was
            there is there still.
    """
    if not is_there(file) or file.is_dir():
        raise StoreError(f"there is no file `{file}`", hint=f"backups are in `{directory / BACKUPS}`")
    with staging(directory) as folder:
        staged = folder / STORE
        try:
            copy_into(file, staged)
        except (OSError, sqlite3.DatabaseError, UnusableStoreError) as error:
            reason = getattr(error, "detail", "") or getattr(error, "strerror", "") or error
            raise StoreError(
                f"`{file}` cannot be restored: {reason}",
                detail=f"the store in `{directory}` was not touched",
                hint="name a backup that `reconcile store backup` made, and see that there is room on the disk",
            ) from error
        return install(
            directory, staged, file, now=now, what="store restore", actor=actor, accept_lineage=accept_lineage
        )


def install(  # noqa: PLR0913 - what goes where, when, and on whose word
    directory: Path, staged: Path, origin: Path, *, now: float, what: str, actor: Actor, accept_lineage: bool
) -> Replaced:
    """
    Makes a staged file the store.

    Args:
        origin: where it came from, for what there is to say of it.

    Raises:
        StoreError: it is no sound store of this fleet, or the host refuses; what was there is there still.
    """
    version = _checked(staged, origin)
    new, old = _record(staged.parent), _record_or_none(directory)
    known = (old.lineage if old else "") or read_lineage(directory)
    if known and known != new.lineage and not accept_lineage:
        raise StoreError(
            "that is the store of another fleet",
            detail=f"expected the lineage {known}, got {new.lineage or 'none'} (fleet `{new.fleet}`)",
            hint="servers that run now would be strangers; insist with `--accept-lineage`",
        )
    prepare(directory)
    if old and old.lineage:
        _succeed(staged, old.serial, lambda copy: audit.note_aside(copy, actor, what, str(origin), at=now))
    backup = _put(directory, staged, now)
    if new.lineage and new.lineage != read_lineage(directory):
        write_lineage(directory, new.lineage)
    return Replaced(
        directory=str(directory),
        lineage=new.lineage,
        version=version,
        generation=new.generation,
        generation_before=old.generation if old else None,
        backup=str(backup or ""),
    )


def _checked(staged: Path, origin: Path) -> int:
    with explained(origin), closing(open_file(staged)) as copy, reading(copy):
        version = version_of(copy, origin)
        if not version:
            raise UnusableStoreError(f"`{origin}` is empty, and no store", hint="name a backup that holds something")
        if broken := copy.execute("PRAGMA foreign_key_check").fetchall():
            raise UnusableStoreError(
                f"`{origin}` is no sound store: {len(broken)} rows point nowhere",
                detail=f"the first is in table `{broken[0][0]}`",
                hint="name another backup",
            )
        return version


def _record(directory: Path) -> Record:
    with Store.open(directory) as store:
        return store.record()


def _record_or_none(directory: Path) -> Record | None:
    try:
        return _record(directory)
    except UnusableStoreError:
        return None


def _succeed(staged: Path, serial: int, note: Callable[[sqlite3.Connection], None]) -> None:
    """Plans that were saved before are stale from here on, and the audit knows why: when, who, what and from where."""
    with explained(staged), closing(connect(staged, "rw")) as copy, writing(copy):
        copy.execute(
            "UPDATE metadata SET value = CAST(max(CAST(value AS INTEGER), ?) + 1 AS TEXT) WHERE key = 'serial'",
            (serial,),
        )
        note(copy)


def _put(directory: Path, staged: Path, now: float) -> Path | None:
    path = directory / STORE
    try:
        with explained(path), closing(open_file(path)) as there, reading(there):
            version = there.execute("PRAGMA user_version").fetchone()[0]
            filled = there.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        backup = back_up(path, version=version, now=now) if filled else None
    except UnusableStoreError:
        return _swap(path, staged, now)
    with explained(path), closing(connect(staged, "rw")) as source, closing(connect(path, "rw")) as store:
        mode = journal_mode(sqlite3.sqlite_version_info, local=is_local(directory))
        store.execute(f"PRAGMA journal_mode = {mode}")
        store.execute("PRAGMA synchronous = FULL")
        _same_pages(source, store)
        # One transaction of the store itself: whoever has it open goes on to read it.
        source.backup(store)
    return backup


def _same_pages(source: sqlite3.Connection, store: sqlite3.Connection) -> None:
    """In WAL mode a store keeps the size of its pages, so the copy gets it."""
    wanted, found = (one.execute("PRAGMA page_size").fetchone()[0] for one in (store, source))
    if wanted != found:
        source.execute(f"PRAGMA page_size = {wanted}")
        source.execute("VACUUM")


def _swap(path: Path, staged: Path, now: float) -> Path:
    """By names: there is no transaction in a file that SQLite cannot read. It is kept among the backups."""
    kept = free_name(backup_folder(path.parent), f"{path.stem}-unusable", now)
    try:
        os.link(path, kept)
        for suffix in _BESIDE:
            beside = path.with_name(f"{path.name}{suffix}")
            if beside.exists():
                beside.replace(kept.with_name(f"{kept.name}{suffix}"))
        staged.chmod(0o600)
        to_disk(staged)
        staged.replace(path)
        to_disk(path.parent)
    except OSError as error:
        raise StoreError(
            f"the store `{path}` cannot be replaced: {error.strerror}", hint="make room and mend its owner and mode"
        ) from error
    return kept
