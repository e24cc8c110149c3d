"""`reconcile store migrate`: brings the store to the form of this program, or shows what that would do."""

import click

from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store, now
from reconciler.render.store_json import migrated_json
from reconciler.render.store_text import migrated_text
from reconciler.runtime.actor import actor
from reconciler.store.migrating import bring_up, rehearse


@click.command()
@click.option("--dry-run", is_flag=True, help="Migrate a copy in memory, and show each step with its SQL.")
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, dry_run: bool, lock_timeout: float) -> int:
    """
    Bring the store to the form of this program.

    A verified backup is taken before; `apply` does the same by itself.
    """
    directory = existing_store(common)
    if dry_run:
        migrated = rehearse(directory)
    else:
        with holding(directory, "store migrate", lock_timeout, common.output):
            migrated = bring_up(directory, now=now(), actor=actor())
    if common.output.format is Format.JSON:
        common.output.json(migrated_json(migrated, dry_run=dry_run))
    else:
        common.output.lines(migrated_text(migrated, dry_run=dry_run, verbose=dry_run or bool(common.verbose)))
    return 0
