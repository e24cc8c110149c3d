"""`reconcile store import`: makes a store from what `export` printed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import accept_lineage, any_store, now, say_replaced
from reconciler.errors import RuntimeFailure
from reconciler.runtime.actor import actor
from reconciler.store.transfer.importing import Insist, import_store


@click.command()
@click.argument("file", type=PATH)
@click.option("--replace", is_flag=True, help="Replace the store that is there; a backup is taken.")
@accept_lineage
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, file: str, replace: bool, accept_lineage: bool, lock_timeout: float) -> int:
    """
    Make a store from what `export` printed.

    FILE may be `-`. All of it is taken or nothing; an export of an older store is migrated.
    """
    directory = any_store(common)
    source = Path("standard input") if file == "-" else Path(file).expanduser().absolute()
    insist = Insist(replace=replace, accept_lineage=accept_lineage)
    with _lines(file) as lines, holding(directory, "store import", lock_timeout, common.output):
        replaced = import_store(directory, source, lines, now=now(), actor=actor(), insist=insist)
    return say_replaced(common, replaced)


@contextmanager
def _lines(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = Path(file).expanduser().open("rb")
    except OSError as error:
        raise RuntimeFailure(f"cannot read `{file}`: {error.strerror}", hint="name a file of an export") from error
    with opened:
        yield opened
