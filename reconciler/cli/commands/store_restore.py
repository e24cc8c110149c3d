"""`reconcile store restore`: goes back to a backup."""

from pathlib import Path

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import accept_lineage, any_store, now, say_replaced
from reconciler.runtime.actor import actor
from reconciler.store.replacing import restore


@click.command()
@click.argument("file", type=PATH)
@accept_lineage
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, file: str, accept_lineage: bool, lock_timeout: float) -> int:
    """
    Go back to a backup.

    FILE is checked first. The store that it replaces is kept in `backups/`. Servers run on: the next plan compares them
    with what was applied by then.
    """
    directory = any_store(common)
    with holding(directory, "store restore", lock_timeout, common.output):
        source = Path(file).expanduser().absolute()
        replaced = restore(directory, source, now=now(), actor=actor(), accept_lineage=accept_lineage)
    return say_replaced(common, replaced)
