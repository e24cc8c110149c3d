"""`reconcile store check`: looks for damage and for what was changed by hand."""

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store
from reconciler.render.store_json import findings_json
from reconciler.render.store_text import findings_text
from reconciler.supervise.store_check import check


@click.command()
@common(Format.JSON)
def command(common: Common) -> int:
    """
    Look for damage and for what was changed by hand.

    Nothing is written. Ends with 1 when something is not as it should be.
    """
    directory = existing_store(common)
    findings = check(directory)
    if common.output.format is Format.JSON:
        common.output.json(findings_json(str(directory), findings))
    else:
        common.output.lines(findings_text(str(directory), findings))
    return 1 if findings else 0
