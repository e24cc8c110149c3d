"""
`reconcile plan`: what would change, and why. It takes no lock and changes nothing; at most it remembers what it read.

What only some options need is imported when they are given: nothing is run as often as this.
"""

# ruff: noqa: PLC0415

import os
from pathlib import Path

import click

from reconciler.cli.options import PATH, common, wishes
from reconciler.cli.output import Format, Output, step_summary
from reconciler.cli.planning import is_pending, options_of, recorded
from reconciler.cli.request import Common, Wishes
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import Site, open_site, open_world
from reconciler.config.load import LoadedFleet
from reconciler.domain.plan import Plan
from reconciler.errors import RuntimeFailure, UsageError
from reconciler.render.plan_text import plan_text
from reconciler.supervise.passes import Planned, plan_once
from reconciler.supervise.refusing import errors_of

PENDING = 2


@click.command()
@common(Format.JSON, Format.MARKDOWN, Format.GITHUB, llama_server=True)
@wishes
@click.option("--out", metavar="FILE", type=PATH, help="Save the plan for `reconcile apply FILE`; it holds no secret.")
@click.option("--detailed-exitcode", is_flag=True, help="End with 2 when changes are pending.")
@click.option("--offline", is_flag=True, help="Compare with what was last applied, without looking at this machine.")
def command(common: Common, wishes: Wishes, *, out: str | None, detailed_exitcode: bool, offline: bool) -> int:
    """Show what would change, and why. Touches nothing."""
    if out is not None and offline:
        raise UsageError("an offline plan cannot be saved: it does not know the world that it is for")
    site = open_site(common)
    planned = _planned(site, wishes, offline=offline)
    plan = planned.plan
    _show(plan, common.output)
    if errors_of(plan):
        return 1
    if out is not None:
        _save(Path(out), planned, site.fleet, common.output)
    return PENDING if detailed_exitcode and is_pending(plan) else 0


def _planned(site: Site, wishes: Wishes, *, offline: bool) -> Planned:
    record, options = recorded(site.directory), options_of(wishes, site)
    if offline:
        from reconciler.cli.offline import plan_offline

        return plan_offline(site, record, options)
    require_linux()
    if site.is_catalogue:
        raise UsageError("a plan needs a llama-server, not a catalogue of its flags", hint="add `--offline`")
    return result_of(plan_once(open_world(site.directory, site.build), site.fleet, record, options))


def _show(plan: Plan, output: Output) -> None:
    match output.format:
        case Format.JSON:
            from reconciler.plan.codec import plan_json

            output.json(plan_json(plan))
        case Format.MARKDOWN:
            from reconciler.render.plan_markdown import plan_markdown

            output.raw(plan_markdown(plan))
        case Format.GITHUB:
            from reconciler.render.github import plan_annotations
            from reconciler.render.plan_markdown import plan_markdown

            output.raw(plan_annotations(plan))
            step_summary(plan_markdown(plan))
        case Format.HUMAN:
            output.lines(plan_text(plan))


def _save(path: Path, planned: Planned, loaded: LoadedFleet, output: Output) -> None:
    from reconciler.plan.codec import SavedPlan, saved_text
    from reconciler.runtime.git import revision_of

    revision = revision_of(loaded.contents)
    saved = SavedPlan(plan=planned.plan, fleet=planned.fleet, origin=loaded.origin, revision=revision)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(saved_text(saved))
    except OSError as error:
        summary = f"cannot save the plan to `{path}`: {error.strerror}"
        raise RuntimeFailure(summary, hint="name a file that you may write with `--out FILE`") from error
    output.note(f"Saved. Run it with: reconcile apply {path}")
