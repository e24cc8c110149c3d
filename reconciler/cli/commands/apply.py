"""`reconcile apply`: the plan, the question, the run."""

from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.directory import directory_of, named_directory
from reconciler.cli.options import PATH, common, manner_of_changes, wishes
from reconciler.cli.output import Format
from reconciler.cli.planning import options_of, recorded
from reconciler.cli.request import Common, Manner, Wishes
from reconciler.cli.running import Deed, carry_out, locked, require_answer
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import cache_of, find_build, open_site, open_world
from reconciler.errors import RuntimeFailure, UsageError
from reconciler.plan.codec import SavedPlan, read_saved
from reconciler.plan.freshness import ensure_fresh
from reconciler.plan.options import PlanOptions
from reconciler.runtime.git import revision_of
from reconciler.supervise.passes import plan_fleet, plan_once

OPERATION = "apply"
QUESTION = "Do it?"


@click.command()
@click.argument("planfile", required=False, type=PATH)
@common(Format.JSON, llama_server=True)
@wishes
@manner_of_changes
def command(common: Common, wishes: Wishes, manner: Manner, *, planfile: str | None) -> int:
    """Make the running servers match the configuration."""
    require_linux()
    if planfile is not None:
        if wishes != Wishes() or common.profile or common.var:
            raise UsageError(
                "a saved plan has its targets, limits, profiles and variables", hint="give them to `reconcile plan`"
            )
        return _apply_saved(common, manner, _read(Path(planfile)))
    deed = Deed(operation=OPERATION, question=QUESTION, expected="yes", approved=manner.auto_approve)
    require_answer(deed)
    site = open_site(common)
    if site.is_catalogue:
        raise UsageError("apply needs a llama-server, not a catalogue of its flags")
    with locked(site.directory, OPERATION, manner, common.output):
        world = open_world(site.directory, site.build)
        record, options = recorded(site.directory), options_of(wishes, site)
        planned = result_of(plan_once(world, site.fleet, record, options))
        deed = replace(deed, origin=site.fleet.origin, revision=lambda: revision_of(site.fleet.contents))
        return carry_out(world, planned, deed, manner, common.output)


def _apply_saved(common: Common, manner: Manner, saved: SavedPlan) -> int:
    """A saved plan is its own approval: it was looked at before, and is refused when the world has moved since."""
    directory = named_directory(common.store) or directory_of(saved.fleet.fleet)
    build = find_build(common, saved.fleet.llama_server, cache_of(directory))
    deed = Deed(operation=OPERATION, question=QUESTION, expected="yes", approved=True)
    with locked(directory, OPERATION, manner, common.output):
        world, record = open_world(directory, build), recorded(directory)
        now = result_of(plan_fleet(world, saved.fleet, record, PlanOptions(catalogue=build.catalogue)))
        ensure_fresh(saved, now.record, now.seen, now.plan)
        planned = replace(now, plan=saved.plan)
        deed = replace(deed, origin=saved.origin or record.origin, revision=lambda: saved.revision)
        return carry_out(world, planned, deed, manner, common.output)


def _read(path: Path) -> SavedPlan:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        summary = f"cannot read the saved plan `{path}`: {reason}"
        raise RuntimeFailure(summary, hint=f"save one with `reconcile plan --out {path}`") from error
    return read_saved(text)
