"""`reconcile adopt`: takes over a server that somebody started on a declared port; nothing is signalled."""

from dataclasses import replace

import click

from reconciler.cli.names import recorded_names
from reconciler.cli.options import common, manner
from reconciler.cli.output import Format
from reconciler.cli.planning import options_of, recorded
from reconciler.cli.request import Common, Manner, Wishes
from reconciler.cli.running import Deed, carry_out, locked, require_answer
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import open_site, open_world
from reconciler.runtime.git import revision_of
from reconciler.supervise.adopting import plan_adoption

OPERATION = "adopt"


@click.command()
@click.argument("name", shell_complete=recorded_names)
@click.option("--pid", type=click.IntRange(min=1), help="The process, where the port alone does not name it.")
@common(Format.JSON, llama_server=True)
@manner
def command(common: Common, manner: Manner, *, name: str, pid: int | None) -> int:
    """Take over a server that runs already, without a restart."""
    require_linux()
    deed = Deed(operation=OPERATION, question="Take it over?", expected="yes", approved=manner.auto_approve)
    require_answer(deed)
    site = open_site(common)
    with locked(site.directory, OPERATION, manner, common.output):
        world, record = open_world(site.directory, site.build), recorded(site.directory)
        options = options_of(Wishes(), site)
        planned = result_of(plan_adoption(world, site.fleet, record, options, name=name, pid=pid))
        # It takes over what runs, whatever is held.
        deed = replace(deed, hold=record.hold, revision=lambda: revision_of(site.fleet.contents))
        return carry_out(world, planned, deed, manner, common.output)
