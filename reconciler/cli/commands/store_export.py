"""`reconcile store export`: all of the store as JSON lines."""

import os

import click

from reconciler.cli.options import PATH, common
from reconciler.cli.request import Common
from reconciler.cli.stores import existing_store, new_file
from reconciler.errors import RuntimeFailure
from reconciler.store.transfer.exporting import export
from reconciler.version import VERSION


@click.command()
@click.argument("file", required=False, type=PATH)
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@click.option("--no-metrics", is_flag=True, help="Leave the measurements out.")
@common()
def command(common: Common, *, file: str | None, replace: bool, no_metrics: bool) -> int:
    """
    Print all of the store as JSON lines.

    Secrets are in it as they are in the store: as HMACs and ciphertext. A FILE is written with mode 0600, whole or not
    at all.
    """
    directory = existing_store(common)
    lines = export(directory, program=VERSION, metrics=not no_metrics)
    if file in (None, "-"):
        for line in lines:
            common.output.raw(line)
        return 0
    target = new_file(file, directory, replace=replace)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(descriptor)
        aside.replace(target)
    except OSError as error:
        hint = "make room, or name a file that you may write"
        raise RuntimeFailure(f"cannot write `{target}`: {error.strerror}", hint=hint) from error
    finally:
        aside.unlink(missing_ok=True)
    return 0
