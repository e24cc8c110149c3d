"""`reconcile validate`: everything that can be said about a configuration without touching anything."""

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import Site, open_site, open_world
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.errors import PreflightError
from reconciler.plan.options import PlanOptions
from reconciler.render.diagnostics_json import diagnostics_json
from reconciler.render.values import counted
from reconciler.store import Store
from reconciler.supervise.passes import plan_once


@click.command()
@common(Format.JSON, Format.GITHUB, llama_server=True)
@click.option("--host", is_flag=True, help="Look at this machine too: files, secrets, ports, GPUs.")
def command(common: Common, *, host: bool) -> int:
    """Check the configuration; works on any machine."""
    site = open_site(common)
    found = _with_host(site) if host else site.fleet.diagnostics
    errors = [one for one in found if one.severity is Severity.ERROR]
    if errors:
        summary = f"this machine is not ready for the configuration: {counted(len(errors), 'problem')}"
        raise PreflightError(summary, diagnostics=found)
    if common.output.format is Format.JSON:
        common.output.json(diagnostics_json(found))
    common.output.diagnostics(found)
    _say_good(common, site)
    return 0


def _with_host(site: Site) -> tuple[Diagnostic, ...]:
    require_linux()
    with Store.open(site.directory) as store:
        record = store.record()
    options = PlanOptions(origin=site.fleet.origin)
    planned = result_of(plan_once(open_world(site.directory, site.build), site.fleet, record, options))
    return planned.plan.diagnostics


def _say_good(common: Common, site: Site) -> None:
    spec = site.fleet.spec
    if common.output.format is Format.HUMAN:
        models = counted(len(spec.models), "model")
        common.output.raw(f"fleet {spec.fleet}, {models}: valid for llama-server {site.build.identity.version}\n")
