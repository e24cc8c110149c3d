"""`reconcile history show`: one generation, whole."""

import click

from reconciler.cli.names import recorded_generations
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import fleet_option, store_of_fleet
from reconciler.domain.history import Generation
from reconciler.errors import ReconcilerError
from reconciler.plan.codec import plan_from_json
from reconciler.render.history_json import generation_json
from reconciler.render.history_text import generation_text, mark_of, spec_text
from reconciler.render.layout import Line
from reconciler.render.plan_text import plan_text
from reconciler.store import Store
from reconciler.supervise.rollback import named


@click.command()
@click.argument("generation", type=click.IntRange(min=1), shell_complete=recorded_generations)
@click.option("--spec", is_flag=True, help="Only the spec, as YAML that can be a fleet file again.")
@fleet_option
@common(Format.JSON)
def command(common: Common, *, generation: int, spec: bool, fleet: str | None) -> int:
    """Show one generation: its spec, its plan, its steps."""
    with Store.open(store_of_fleet(common, fleet)) as store:
        record, found = store.record(), named(store, generation)
    if common.output.format is Format.JSON:
        common.output.json(generation_json(found))
    elif spec:
        common.output.lines(spec_text(found.spec))
    else:
        mark = mark_of(found.number, record.generation, record.hold)
        common.output.lines(generation_text(found, mark, _plan(found)))
    return 0


def _plan(one: Generation) -> tuple[Line, ...]:
    """As it was shown; nothing where an import brought a generation without one."""
    try:
        return plan_text(plan_from_json(one.plan))
    except ReconcilerError:
        return ()
