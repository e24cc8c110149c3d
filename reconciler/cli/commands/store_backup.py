"""`reconcile store backup`: copies the store, also while it is being written."""

from pathlib import Path

import click

from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store, new_file, now
from reconciler.render import FORMAT_VERSION
from reconciler.store.backup import free_name, write_copy
from reconciler.store.layout import STORE, backup_folder
from reconciler.store.raw import raw


@click.command()
@click.argument("file", required=False, type=PATH)
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@common(Format.JSON)
def command(common: Common, *, file: str | None, replace: bool) -> int:
    """
    Copy the store, also while it is being written.

    Without FILE the copy goes to `backups/` beside the store. It is read back before it gets its name.
    """
    directory = existing_store(common)
    folder = Path(file).expanduser().absolute() if file else backup_folder(directory)
    if folder.is_dir():
        with raw(directory) as (_, version):
            file = str(free_name(folder, f"store-v{version}", now()))
    target = new_file(file or str(folder), directory, replace=replace)
    write_copy(directory / STORE, target)
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, "file": str(target), "bytes": target.stat().st_size})
    else:
        common.output.raw(f"{target}\n")
    return 0
