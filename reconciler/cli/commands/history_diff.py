"""`reconcile history diff`: what two generations say differently, in the words of a plan."""

import click

from reconciler.cli.names import recorded_generations
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import fleet_option, store_of_fleet
from reconciler.plan.comparison import differences
from reconciler.render.history_json import differences_json
from reconciler.render.history_text import differences_text
from reconciler.store import Store
from reconciler.supervise.rollback import named


@click.command()
@click.argument("before", type=click.IntRange(min=1), shell_complete=recorded_generations)
@click.argument("after", type=click.IntRange(min=1), required=False, shell_complete=recorded_generations)
@fleet_option
@common(Format.JSON)
def command(common: Common, *, before: int, after: int | None, fleet: str | None) -> int:
    """Show what two generations say differently; the second is the current one unless named."""
    with Store.open(store_of_fleet(common, fleet)) as store:
        old = named(store, before)
        new = named(store, after or store.record().generation)
    found = differences(old.spec, new.spec)
    if common.output.format is Format.JSON:
        common.output.json(differences_json(old.number, new.number, found))
    else:
        common.output.lines(differences_text(old.number, new.number, found))
    return 0
