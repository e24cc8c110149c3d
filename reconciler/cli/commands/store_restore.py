"""`reconcile store restore`: goes back to a backup."""

from pathlib import Path

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import any_store, now
from reconciler.render.store_json import replaced_json
from reconciler.render.store_text import replaced_text
from reconciler.runtime.store_lock import user_name
from reconciler.store.replacing import restore
from reconciler.supervise.store_moving import with_running


@click.command()
@click.argument("file", type=PATH)
@click.option(
    "--accept-lineage", is_flag=True, help="Take the store of another fleet; running servers become strangers."
)
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
        replaced = restore(directory, source, now=now(), who=user_name(), accept_lineage=accept_lineage)
    replaced = with_running(replaced)
    if common.output.format is Format.JSON:
        common.output.json(replaced_json(replaced))
    else:
        common.output.lines(replaced_text(replaced))
    return 0
