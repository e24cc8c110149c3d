"""`reconcile store info`: what is in the store, and how large it is."""

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store
from reconciler.render.store_json import info_json
from reconciler.render.store_text import info_text
from reconciler.store.info import store_info


@click.command()
@common(Format.JSON)
def command(common: Common) -> int:
    """Show what is in the store, and how large it is."""
    info = store_info(existing_store(common))
    if common.output.format is Format.JSON:
        common.output.json(info_json(info))
    else:
        common.output.lines(info_text(info))
    return 0
