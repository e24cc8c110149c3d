"""What the commands of `reconcile store` have in common: which store, and from when it has been looked at."""

import time
from pathlib import Path

from reconciler.cli.directory import store_directory
from reconciler.cli.request import Common
from reconciler.cli.system import require_linux
from reconciler.store.raw import existing


def existing_store(common: Common) -> Path:
    """
    The directory of a store that is there.

    Raises:
        StoreError: there is none.
    """
    directory = any_store(common)
    existing(directory)
    return directory


def any_store(common: Common) -> Path:
    """The directory of a store that may not be there yet."""
    require_linux()
    return store_directory(common)


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
