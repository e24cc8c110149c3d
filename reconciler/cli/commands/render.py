"""`reconcile render`: the exact command lines and the router's INI. It looks at no model file and no process."""

import os

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.planning import recorded
from reconciler.cli.request import Common
from reconciler.cli.wiring import open_site
from reconciler.llama.environment import passed_on
from reconciler.render.rendered import Target, rendered, rendered_text


@click.command()
@common(Format.JSON, llama_server=True)
def command(common: Common) -> int:
    """Show the exact command lines that a fleet gives."""
    site = open_site(common)
    target = Target(
        binary=site.build.identity.path,
        catalogue=site.build.catalogue,
        record=recorded(site.directory),
        directory=str(site.directory),
        environment=passed_on(os.environ),
    )
    document = rendered(site.fleet.spec, target)
    common.output.diagnostics(site.fleet.diagnostics)
    if common.output.format is Format.JSON:
        common.output.json(document)
    else:
        common.output.lines(rendered_text(document))
    return 0
