"""`reconcile config`: the configuration as it is in effect, and who said each part of it."""

import click

from reconciler.cli.directory import config_paths
from reconciler.cli.fleet import read_fleet
from reconciler.cli.names import no_model
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.domain.said import Said, Tree
from reconciler.render.configuration import configuration_json, configuration_text


@click.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--origin", is_flag=True, help="Say for each value which line of which file set it.")
@common(Format.JSON, store=False)
def command(common: Common, *, names: tuple[str, ...], origin: bool) -> int:
    """Show the configuration as it is in effect."""
    fleet = read_fleet(common, config_paths(common))
    tree = fleet.configuration()
    if names:
        tree = {"models": _only(tree, names)}
    common.output.diagnostics(fleet.diagnostics)
    if common.output.format is Format.JSON:
        common.output.json(configuration_json(tree, origin=origin))
    else:
        common.output.lines(configuration_text(tree, origin=origin))
    return 0


def _only(tree: Tree, names: tuple[str, ...]) -> Tree:
    models = tree.get("models", {})
    known = {} if isinstance(models, Said) else models
    if unknown := [name for name in names if name not in known]:
        raise no_model(unknown[0], known, "reconcile config")
    return {name: known[name] for name in names}
