"""`reconcile destroy`: stops all but what is protected; the store stays, so that the next apply knows the history."""

from dataclasses import replace

import click

from reconciler.cli.options import common, manner
from reconciler.cli.output import Format
from reconciler.cli.planning import options_of, recorded
from reconciler.cli.request import Common, Manner, Wishes
from reconciler.cli.running import Deed, carry_out, locked, require_answer
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import open_site, open_world
from reconciler.plan.holding import headline
from reconciler.runtime.git import revision_of
from reconciler.supervise.destroy import emptied
from reconciler.supervise.passes import plan_fleet

OPERATION = "destroy"
ALL = Wishes(max_stop=100, allow_empty=True, accept_origin=True)


@click.command()
@common(Format.JSON, llama_server=True)
@manner
def command(common: Common, manner: Manner) -> int:
    """Stop everything of a fleet; its history stays."""
    require_linux()
    site = open_site(common)
    name = site.fleet.spec.fleet
    question = "Everything above stops."
    deed = Deed(operation=OPERATION, question=question, expected=name, approved=manner.auto_approve)
    require_answer(deed)
    with locked(site.directory, OPERATION, manner, common.output):
        world, record = open_world(site.directory, site.build), recorded(site.directory)
        options = options_of(ALL, site)
        if record.hold:
            # What the files say makes no difference.
            said = headline(record.hold, "this ends that")
            options = replace(options, notices=(said, *options.notices), says_hold=True)
        planned = result_of(plan_fleet(world, emptied(site.fleet.spec), record, options))
        deed = replace(deed, origin=record.origin, revision=lambda: revision_of(site.fleet.contents))
        return carry_out(world, planned, deed, manner, common.output)
