"""`reconcile store vacuum`: gives the space that holds nothing back to the disk."""

from dataclasses import asdict

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store
from reconciler.render import FORMAT_VERSION
from reconciler.render.store_text import vacuumed_text
from reconciler.store.layout import METRICS
from reconciler.store.metrics.schema import METRICS_KIND
from reconciler.store.vacuum import vacuum


@click.command()
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, lock_timeout: float) -> int:
    """Give the space that holds nothing back to the disk."""
    directory = existing_store(common)
    with holding(directory, "store vacuum", lock_timeout, common.output):
        done = [vacuum(directory)]
        if (directory / METRICS).exists():
            done.append(vacuum(directory, METRICS_KIND))
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, "files": [asdict(one) for one in done]})
    else:
        common.output.lines(vacuumed_text(done))
    return 0
