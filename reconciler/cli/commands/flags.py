"""`reconcile flags`: what a build of llama-server takes, and what a change of builds would mean for a fleet."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.directory import config_paths
from reconciler.cli.fleet import read_fleet
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.wiring import find_build
from reconciler.domain.diagnostic import Severity
from reconciler.errors import ConfigError, PreflightError, RuntimeFailure, UsageError
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.catalogue_diff import compare
from reconciler.llama.check import check_flags
from reconciler.render.diagnostics_json import diagnostics_json
from reconciler.render.flags import diff_json, diff_text, flags_json, flags_text
from reconciler.render.values import counted

PIPE = "-"


@click.command()
@common(Format.JSON, store=False, llama_server=True)
@click.option(
    "--diff", "other", metavar="OTHER", type=PATH, help="Compare with another llama-server, or its catalogue."
)
@click.option("--check", is_flag=True, help="Say which settings of the fleet this llama-server would not take.")
@click.option(
    "--export",
    metavar="FILE.json",
    type=PATH,
    help="Write the flags as a catalogue, for other machines; `-` is stdout.",
)
def command(common: Common, *, other: str | None, check: bool, export: str | None) -> int:
    """List the flags of llama-server, each with its setting."""
    if (other is not None) + check + (export is not None) > 1:
        raise UsageError("`--diff`, `--check` and `--export` do not go together", hint="give one of them")
    if export not in {None, PIPE} and Path(str(export)).suffix != ".json":
        # By its ending `--llama-server` tells a catalogue from a program.
        raise UsageError(f"`--export {export}` could not be used later", hint="name a file that ends in `.json`")
    if check:
        return _check(common)
    catalogue = find_build(common, _declared(common), None).catalogue
    if export == PIPE:
        common.output.raw(catalogue.to_text())
    elif export is not None:
        _write(Path(export), catalogue.to_text())
        common.output.note(f"wrote {export}: {counted(len(catalogue.entries), 'flag')} of {catalogue.build}")
    elif other is not None:
        _diff(common, catalogue, find_build(replace(common, llama_server=other), None, None).catalogue)
    elif common.output.format is Format.JSON:
        common.output.json(flags_json(catalogue))
    else:
        common.output.lines(flags_text(catalogue))
    return 0


def _declared(common: Common) -> str | None:
    """The llama-server of the fleet here; one that nobody named may be missing or wrong."""
    if common.config:
        return read_fleet(common, config_paths(common)).spec.llama_server
    with suppress(ConfigError):
        return read_fleet(common, config_paths(common)).spec.llama_server
    return None


def _diff(common: Common, old: Catalogue, new: Catalogue) -> None:
    found = compare(old, new)
    if common.output.format is Format.JSON:
        common.output.json(diff_json(found, old, new))
    else:
        common.output.lines(diff_text(found, old, new))


def _check(common: Common) -> int:
    """The fleet is read without its own llama-server: the other one is asked about."""
    fleet = read_fleet(common, config_paths(common))
    catalogue = find_build(common, fleet.spec.llama_server, None).catalogue
    found = tuple(map(fleet.placed, check_flags(fleet.spec, catalogue)))
    broken = [one for one in found if one.severity is Severity.ERROR]
    if broken:
        summary = f"llama-server {catalogue.build} would not take {counted(len(broken), 'setting')} of this fleet"
        raise PreflightError(summary, diagnostics=found)
    if common.output.format is Format.JSON:
        common.output.json(diagnostics_json(found))
    else:
        common.output.diagnostics(found)
        common.output.raw(f"llama-server {catalogue.build} takes every setting of fleet {fleet.spec.fleet}\n")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        summary = f"cannot write `{path}`: {error.strerror}"
        raise RuntimeFailure(summary, hint="name a file that you may write with `--export FILE`") from error
