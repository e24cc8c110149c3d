"""`reconcile import legacy`: from the database of a dashboard to a configuration, its secrets and its history."""

import json
import os
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import click

from reconciler.cli.directory import directory_of, named_directory
from reconciler.cli.locking import holding, lock_timeout
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format, Output
from reconciler.cli.request import Common, Wishes
from reconciler.cli.system import require_linux
from reconciler.cli.wiring import find_build
from reconciler.errors import LlamaServerError, ReconcilerError, UsageError
from reconciler.llama.catalogue import Catalogue
from reconciler.render import FORMAT_VERSION
from reconciler.render.import_report import import_text
from reconciler.spec.model import name_problem
from reconciler.supervise.importing import Taken, keep_history, put_in_place, take

PIPE = "-"
NO_SECRETS = "the values of secrets are not written to a pipe: write them to the files that the configuration names"


@click.command()
@click.argument("file", type=PATH)
@click.option("-o", "--output", "target", default="fleet.yaml", show_default=True, type=PATH, metavar="FILE",
              help="The configuration to write; `-` prints it.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--plan", "planned", is_flag=True, help="Show what the first apply would do.")
@click.option("--fleet", default="", metavar="NAME", help="Name of the fleet. Default: that of the file.")
@lock_timeout
@common(Format.JSON, config=False, llama_server=True)
def command(  # noqa: PLR0913 - one for each option
    common: Common, *, file: str, target: str, force: bool, planned: bool, fleet: str, lock_timeout: float
) -> int:
    """
    Take over the database of a llama dashboard.

    Reads FILE, of whatever version of the dashboard, and never writes to it. Secrets go to files of their own, in
    `secrets` beside the configuration; what the dashboard measured goes to the store.
    """
    _check_usage(target, fleet, planned=planned)
    path = Path(target)
    report: dict[str, Any] = {"format_version": FORMAT_VERSION, "source": {"path": file}}
    try:
        taken = take(Path(file), path, fleet=fleet, exists=_is_program, catalogue=cache(lambda: _flags(common)))
        report |= taken.imported.report
        if target == PIPE:
            common.output.raw(taken.imported.text)
        else:
            report |= _write(common, taken, path, lock_timeout, force=force)
    except ReconcilerError as error:
        if common.output.format is not Format.JSON or target == PIPE:
            raise
        common.output.json(report | {"error": _error(error)})
        return error.exit_code
    if planned and common.output.format is Format.JSON:
        report["plan"] = _plan(common, path)
    _show(common.output, report, aside=target == PIPE)
    if planned and common.output.format is Format.HUMAN:
        _plan(common, path)
    return 0


def _check_usage(target: str, fleet: str, *, planned: bool) -> None:
    if target == PIPE and planned:
        raise UsageError("a configuration that goes to a pipe cannot be planned", hint="name a file with `-o FILE`")
    if fleet and (problem := name_problem(fleet)):
        raise UsageError(f"`--fleet` cannot be `{fleet}`: {problem}", hint="choose another name")


def _write(common: Common, taken: Taken, path: Path, patience: float, *, force: bool) -> dict[str, Any]:
    directory = named_directory(common.store) or directory_of(taken.loaded.spec.fleet)
    kept = 0

    def keep() -> None:
        nonlocal kept
        with holding(directory, "import legacy", patience, common.output):
            kept = keep_history(directory, taken, now=time.time())

    written = put_in_place(taken, path, force=force, keep=keep)
    return {"history": kept, "written": [str(one) for one in written]}


def _flags(common: Common) -> Catalogue | None:
    """Of the build at hand. The program that the database names is not run: nobody has looked at it yet."""
    try:
        return find_build(common, None, None).catalogue
    except LlamaServerError:
        if common.llama_server:
            raise
        return None


def _is_program(path: str) -> bool:
    found = Path(path).expanduser()
    return found.is_absolute() and found.is_file() and os.access(found, os.X_OK)


def _error(error: ReconcilerError) -> dict[str, Any]:
    said = {"summary": error.summary, "detail": error.detail, "hint": error.hint}
    return {"kind": getattr(error, "kind", "refused"), **{key: value for key, value in said.items() if value}}


def _show(output: Output, report: dict[str, Any], *, aside: bool) -> None:
    if aside:
        if report["server_secrets"]:
            output.note(NO_SECRETS)
        if output.format is Format.HUMAN:
            output.say(import_text(report))
        else:
            output.note(json.dumps(report, indent=2, ensure_ascii=False))
        return
    if output.format is Format.JSON:
        output.json(report)
    else:
        output.lines(import_text(report))


def _plan(common: Common, path: Path) -> Any:
    """What the first apply would do. A machine that is not ready for it is no failure of the import."""
    from reconciler.cli.planning import options_of, recorded  # noqa: PLC0415 - for who asks
    from reconciler.cli.waiting import result_of  # noqa: PLC0415 - as above
    from reconciler.cli.wiring import open_site, open_world  # noqa: PLC0415 - as above
    from reconciler.plan.codec import plan_json  # noqa: PLC0415 - as above
    from reconciler.render.plan_text import plan_text  # noqa: PLC0415 - as above
    from reconciler.supervise.passes import plan_once  # noqa: PLC0415 - as above

    require_linux()
    try:
        site = open_site(replace(common, config=(str(path),)))
        options = options_of(Wishes(), site)
        plan = result_of(
            plan_once(open_world(site.directory, site.build), site.fleet, recorded(site.directory), options)
        ).plan
    except ReconcilerError as error:
        if common.output.format is Format.JSON:
            return {"error": _error(error)}
        common.output.failed(error)
        return None
    if common.output.format is Format.JSON:
        return plan_json(plan)
    common.output.lines(plan_text(plan))
    return None
