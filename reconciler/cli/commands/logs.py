"""`reconcile logs`: the file that a server writes; it outlives the server."""

import os
import time
from pathlib import Path
from typing import BinaryIO

import click

from reconciler.cli.directory import store_directory
from reconciler.cli.names import no_model, recorded_names
from reconciler.cli.options import common
from reconciler.cli.request import Common
from reconciler.cli.system import require_linux
from reconciler.domain.names import ROUTER, model_id
from reconciler.errors import UsageError
from reconciler.runtime.files import HostFiles
from reconciler.store import Store

PAUSE = 0.2
"""Seconds between two looks for new lines."""


@click.command()
@click.argument("name", shell_complete=recorded_names)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are added, until ^C.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=100, show_default=True, help="Lines to begin with.")
@common()
def command(common: Common, *, name: str, follow: bool, lines: int) -> int:
    """Show the log of a model or of the router."""
    require_linux()
    path = _log(store_directory(common), name)
    with path.open("rb") if path.exists() else _missing(path) as file:
        for line in HostFiles().tail(path, lines=lines):
            common.output.raw(f"{line}\n")
        file.seek(0, 2)
        if follow:
            _copy_until_moved(common, path, file)
    while follow:
        with path.open("rb") as file:
            _copy_until_moved(common, path, file)
    return 0


def _log(directory: Path, name: str) -> Path:
    with Store.open(directory) as store:
        resources = store.record().resources
    line = resources.get(model_id(name)) or (resources.get(ROUTER) if name == ROUTER else None)
    if line is None:
        raise no_model(name, (one.removeprefix("model/") for one in resources), "reconcile status")
    if line.instance and line.instance.log:
        return Path(line.instance.log)
    return directory / "logs" / f"{line.uid}.log"


def _missing(path: Path) -> BinaryIO:
    summary = f"there is no log `{path}`"
    raise UsageError(summary, hint="a server that was taken over writes where it was started")


def _copy_until_moved(common: Common, path: Path, file: BinaryIO) -> None:
    """Follows a log until a start has moved it aside and begun the next one."""
    moved = False
    while not moved:
        # Asked first, so that the last lines of the old one are not missed.
        moved = _is_moved(path, file)
        _copy(common, file)
        time.sleep(PAUSE)


def _is_moved(path: Path, file: BinaryIO) -> bool:
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        # Moved, and its successor is about to come.
        return False


def _copy(common: Common, file: BinaryIO) -> None:
    while chunk := file.read(65536):
        common.output.raw(chunk.decode(errors="replace"))
