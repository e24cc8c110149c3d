"""`reconcile store vacuum`: gives the space that holds nothing back to the disk."""

from dataclasses import asdict

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store
from reconciler.errors import StoreError
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
        try:
            done += [vacuum(directory, METRICS_KIND)] if (directory / METRICS).exists() else []
        except StoreError as error:
            # They may be lost; the store is what somebody came for.
            common.output.note(f"warning: {error.summary}; {error.hint}")
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, "files": [asdict(one) for one in done]})
    else:
        common.output.lines(vacuumed_text(done))
    return 0
