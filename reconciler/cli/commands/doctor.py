"""`reconcile doctor`: checks what a run needs, and says how to mend it."""

from dataclasses import asdict
from pathlib import Path

import click

from reconciler.cli.checks import Check, Subject, Verdict, checks
from reconciler.cli.directory import config_paths, directory_of, named_directory
from reconciler.cli.fleet import read_fleet
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.config.load import LoadedFleet
from reconciler.errors import ConfigError
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import Line, Span, Style, columns, line
from reconciler.render.values import counted

STYLES = {Verdict.OK: Style.GREEN, Verdict.WARN: Style.YELLOW, Verdict.FAIL: Style.RED}


@click.command()
@common(Format.JSON, llama_server=True)
def command(common: Common) -> int:
    """Check what a run needs, and say how to mend it."""
    fleet, problem = _fleet(common)
    directory = named_directory(common.store) or directory_of(fleet.spec.fleet if fleet else "")
    found = [problem, *checks(Subject(common=common, directory=directory, fleet=fleet))]
    failed = any(one.verdict is Verdict.FAIL for one in found)
    if common.output.format is Format.JSON:
        document = {"format_version": FORMAT_VERSION, "ok": not failed, "checks": [asdict(one) for one in found]}
        common.output.json(document)
    else:
        common.output.lines(_table(found))
    return 1 if failed else 0


def _fleet(common: Common) -> tuple[LoadedFleet | None, Check]:
    """The configuration, which may be missing: a machine is looked at before there is one."""
    name = "configuration"
    if not common.config and not any(Path(one).exists() for one in ("fleet.yaml", "fleet")):
        return None, Check(name=name, verdict=Verdict.WARN, found="none here", fix="name one with `--config PATH`")
    try:
        fleet = read_fleet(common, config_paths(common))
    except ConfigError as error:
        return None, Check(name=name, verdict=Verdict.FAIL, found=error.summary, fix="run `reconcile validate`")
    found = f"fleet {fleet.spec.fleet}, {counted(len(fleet.spec.models), 'model')}"
    return fleet, Check(name=name, verdict=Verdict.OK, found=found)


def _table(found: list[Check]) -> list[Line]:
    rows = columns([(Span(one.verdict, STYLES[one.verdict]), one.name, one.found) for one in found])
    lines: list[Line] = []
    for one, row in zip(found, rows, strict=True):
        lines.append(row)
        if one.fix:
            lines.append(line("      ", Span("fix: ", Style.CYAN), one.fix))
    return lines
