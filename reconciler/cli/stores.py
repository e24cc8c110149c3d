"""What the commands of `reconcile store` have in common: which store, and from when it has been looked at."""

import time
from pathlib import Path

import click

from reconciler.cli.directory import directory_of, named_directory, store_directory
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.system import require_linux
from reconciler.domain.stored import Replaced
from reconciler.errors import UsageError
from reconciler.render.store_json import replaced_json
from reconciler.render.store_text import replaced_text
from reconciler.store import Store
from reconciler.store.layout import backup_folder
from reconciler.store.raw import existing
from reconciler.supervise.store_moving import with_running

accept_lineage = click.option(
    "--accept-lineage", is_flag=True, help="Take the store of another fleet; running servers become strangers."
)


fleet_option = click.option("--fleet", metavar="NAME", help="The fleet by its name, where no files are at hand.")


def store_of_fleet(common: Common, fleet: str | None) -> Path:
    """
    The directory of a store that is there; with the name of its fleet nothing needs to be read for that.

    Raises:
        StoreError: there is none.
        UsageError: the directory that was named as well, perhaps by `RECONCILE_STORE`, is that of another fleet.
    """
    require_linux()
    named = named_directory(common.store)
    directory = named or (directory_of(fleet) if fleet else store_directory(common))
    existing(directory)
    if named and fleet:
        _require_fleet(named, fleet)
    return directory


def _require_fleet(directory: Path, fleet: str) -> None:
    with Store.open(directory) as store:
        found = store.metadata().get("fleet", "")
    if found != fleet:
        raise UsageError(
            f"the store in `{directory}` is of fleet `{found}`, not `{fleet}`",
            hint="leave out `--fleet` or `--store` (and `RECONCILE_STORE`): each says which store",
        )


def existing_store(common: Common) -> Path:
    """
    The directory of a store that is there.

    Raises:
        StoreError: there is none.
    """
    directory = any_store(common)
    existing(directory)
    return directory


def any_store(common: Common) -> Path:
    """The directory of a store that may not be there yet."""
    require_linux()
    return store_directory(common)


def new_file(file: str, directory: Path, *, replace: bool) -> Path:
    """
    Where a copy of the store in `directory` goes that somebody asked for by name.

    Raises:
        UsageError: something is there that was not given up, or that the store itself needs.
    """
    target = Path(file).expanduser().absolute()
    real = target.resolve()
    if real.is_relative_to(directory.resolve()) and real.parent != backup_folder(directory).resolve():
        hint = f"name a file outside of `{directory}`, or in its `backups`"
        raise UsageError(f"`{target}` is a place of the store itself", hint=hint)
    if not real.parent.is_dir():
        raise UsageError(f"there is no directory `{real.parent}`", hint="make it, or name a file in another one")
    if real.exists() and not real.is_file():
        raise UsageError(f"`{target}` is no file", hint="name a new file")
    if real.exists() and not replace:
        raise UsageError(f"`{target}` exists already", hint="name another file, or write over it with `--replace`")
    return target


def say_replaced(common: Common, replaced: Replaced) -> int:
    """What the store is now, and the exit code."""
    replaced = with_running(replaced)
    if common.output.format is Format.JSON:
        common.output.json(replaced_json(replaced))
    else:
        common.output.lines(replaced_text(replaced))
    return 0


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
