"""What lies where in the directory of a store, for its owner's eyes only."""

import errno
import os
from pathlib import Path

from reconciler.errors import StoreError

STORE = "store.db"
METRICS = "metrics.db"
BACKUPS = "backups"
FOLDERS = ("run", "run/slots", "logs", BACKUPS)

_LINEAGE = "run/lineage"


def prepare(directory: Path, name: str = STORE) -> Path:
    """
    Makes the directory, its folders (0700) and an empty file (0600) where they are missing; returns the file.

    The directory itself keeps the mode that it was found with: it may be one that others use too.

    Raises:
        StoreError: when the host refuses.
    """
    store = directory / name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in FOLDERS:
            _private(directory / folder)
        _make(store)
        if store.stat().st_mode & 0o077:
            store.chmod(0o600)
    except OSError as error:
        raise _refused(Path(error.filename or directory), error) from error
    return store


def backup_folder(directory: Path) -> Path:
    """
    Where backups go, made where it is missing.

    Raises:
        StoreError: when the host refuses.
    """
    folder = directory / BACKUPS
    try:
        _private(folder)
    except OSError as error:
        raise _refused(folder, error) from error
    return folder


def is_there(path: Path) -> bool:
    """
    Whether a file exists.

    Raises:
        StoreError: when that cannot be known.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _refused(path, error) from error
    return True


def read_lineage(directory: Path) -> str:
    """The lineage as it is kept beside the store; empty when it is not."""
    path = directory / _LINEAGE
    try:
        return path.read_text(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise _refused(path, error) from error


def write_lineage(directory: Path, lineage: str) -> None:
    """Keeps the lineage beside the store, where it outlives it; whole or not at all."""
    path = directory / _LINEAGE
    aside = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{lineage}\n")
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    except OSError as error:
        raise _refused(path, error) from error


def _make(store: Path) -> None:
    """
    An existing file is not opened: closing it again would take the locks of every other connection that this process
    has to it (fcntl(2), F_SETLK).
    """
    try:
        os.close(os.open(store, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not os.access(store, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(store)) from None


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the store cannot use `{path}`: {error.strerror}",
        hint="make room or mend its owner and mode, or name another directory with `--store DIR`",
    )
