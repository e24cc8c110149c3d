"""`reconcile version`: what a report of a problem should begin with."""

import platform

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.wiring import find_build
from reconciler.errors import LlamaServerError
from reconciler.render import FORMAT_VERSION
from reconciler.store.sqlite_build import SQLITE_VERSION
from reconciler.version import VERSION


@click.command()
@common(Format.JSON, config=False, store=False, llama_server=True)
def command(common: Common) -> int:
    """Print the versions of the program and what it runs on."""
    facts = {
        "reconcile": VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": SQLITE_VERSION,
        "llama_server": _llama_server(common),
    }
    if common.output.format is Format.JSON:
        common.output.json({"format_version": FORMAT_VERSION, **facts})
    else:
        common.output.raw("".join(f"{name:13} {value or 'none found'}\n" for name, value in facts.items()))
    return 0


def _llama_server(common: Common) -> str | None:
    try:
        found = find_build(common, None, None).identity
    except LlamaServerError:
        if common.llama_server:
            raise
        return None
    return f"{found.version} ({found.path})"
