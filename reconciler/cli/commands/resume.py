"""`reconcile resume`: ends the hold that a rollback left, so that the files count again."""

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import fleet_option, now, store_of_fleet
from reconciler.render import FORMAT_VERSION
from reconciler.runtime.actor import actor
from reconciler.store import Store, Writer

OPERATION = "resume"


@click.command(epilog="Nothing is started or stopped: the next plan shows what the files would change.")
@fleet_option
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, fleet: str | None, lock_timeout: float) -> int:
    """Let the files count again after a rollback."""
    directory = store_of_fleet(common, fleet)
    with holding(directory, OPERATION, lock_timeout, common.output):
        with Store.open(directory) as store:
            record = store.record()
        if record.hold:
            with Writer.open(directory, now=now(), fleet=record.fleet, actor=actor()) as writer:
                writer.set_hold(None, OPERATION, now())
    held = record.hold.generation if record.hold else None
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, "generation": record.generation, "held_before": held})
    elif held is None:
        common.output.note("Nothing is held.")
    else:
        common.output.note(f"Generation {held} is held no more. `reconcile plan` shows what the files would change.")
    return 0
