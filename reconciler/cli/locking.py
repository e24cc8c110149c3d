"""The lock of a store, for commands that write to it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from reconciler.cli.options import Duration
from reconciler.cli.output import Output
from reconciler.runtime.files import private_directory
from reconciler.runtime.store_lock import StoreLock
from reconciler.version import VERSION

lock_timeout: Callable[[Callable[..., int]], Callable[..., int]] = click.option(
    "--lock-timeout", type=Duration(), default="10s", show_default=True, help="Wait for another writer."
)


@contextmanager
def holding(directory: Path, operation: str, seconds: float, output: Output) -> Iterator[None]:
    """Holds the lock of the store; says who has it when that takes a moment."""
    private_directory(directory)
    lock = StoreLock(directory / "lock", version=VERSION, operation=operation)
    asyncio.run(lock.acquire(seconds=seconds, on_wait=lambda holder: output.note(f"waiting for {holder} …")))
    with lock:
        yield
