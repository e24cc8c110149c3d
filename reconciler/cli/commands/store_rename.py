"""`reconcile store rename`: the fleet gets another name, and its store the place that goes with it."""

from dataclasses import asdict

import click

from reconciler.cli.directory import directory_of
from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store, now
from reconciler.errors import UsageError
from reconciler.render import FORMAT_VERSION
from reconciler.render.store_text import renamed_text
from reconciler.runtime.actor import actor
from reconciler.spec.model import name_problem
from reconciler.store import Store
from reconciler.supervise.store_moving import rename_fleet


@click.command()
@click.argument("name")
@click.option("--keep-directory", is_flag=True, help="Leave the store where it is; servers may run on.")
@lock_timeout
@common(Format.JSON)
def command(common: Common, *, name: str, keep_directory: bool, lock_timeout: float) -> int:
    """
    Give the fleet another name, its servers stopped.

    A store that lies where its name says moves along. Change `fleet:` in the configuration too.
    """
    if problem := name_problem(name):
        raise UsageError(f"`{name}` cannot be the name of a fleet: {problem}")
    directory = existing_store(common)
    with Store.open(directory) as store:
        by_name = directory in {directory_of(store.record().fleet), directory_of(name)} or not common.store
    target = directory_of(name) if by_name and not keep_directory else directory
    with holding(directory, "store rename", lock_timeout, common.output):
        renamed = rename_fleet(directory, name, target, now=now(), actor=actor())
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, **asdict(renamed)})
    else:
        common.output.lines(renamed_text(renamed))
    return 0
