"""
`reconcile status`: what runs, looked at now.

It works from the record alone, and must stay quick: no configuration is read and no pydantic is imported.
"""

from dataclasses import replace

import click

from reconciler.cli.directory import store_directory
from reconciler.cli.names import no_model, recorded_names
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.domain.status import FleetStatus
from reconciler.render.status_json import status_json
from reconciler.render.status_text import is_amiss, rows_of, status_text
from reconciler.runtime.clock import SystemClock
from reconciler.runtime.http import LocalHttp
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.store import Store
from reconciler.supervise.status import Eyes, fleet_status

NOT_READY = 4


@click.command()
@click.argument("name", required=False, shell_complete=recorded_names)
@click.option("--exit-code", is_flag=True, help="End with 4 when something is not ready.")
@common(Format.JSON)
def command(common: Common, *, name: str | None, exit_code: bool) -> int:
    """Show what runs, and how well."""
    require_linux()
    with Store.open(store_directory(common)) as store:
        record = store.record()
    eyes = Eyes(clock=SystemClock(), processes=LinuxProcessHost(), http=LocalHttp())
    if not record.generation:
        common.output.note("nothing was applied to this store yet")
    status = result_of(fleet_status(eyes, record))
    if name is not None:
        status = _only(status, name)
    if common.output.format is Format.JSON:
        common.output.json(status_json(status))
    elif record.generation or rows_of(status):
        common.output.lines(status_text(status))
    return NOT_READY if exit_code and any(is_amiss(one) for one in rows_of(status)) else 0


def _only(status: FleetStatus, name: str) -> FleetStatus:
    router = status.router if name == "router" else None
    models = tuple(one for one in status.models if one.name == name)
    if not models and router is None:
        raise no_model(name, (one.name for one in rows_of(status)), "reconcile status")
    return replace(status, models=models, router=router, in_sync=all(one.in_sync for one in (*models, router) if one))
