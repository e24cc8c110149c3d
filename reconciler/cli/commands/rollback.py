"""`reconcile rollback`: plans and applies an old generation, and holds it. It needs no files."""

import time
from dataclasses import replace

import click

from reconciler.cli.directory import config_paths
from reconciler.cli.fleet import read_fleet
from reconciler.cli.names import recorded_generations
from reconciler.cli.options import common, limits, manner_of_changes
from reconciler.cli.output import Format
from reconciler.cli.planning import recorded
from reconciler.cli.request import Common, Manner, Wishes
from reconciler.cli.running import Deed, carry_out, locked, require_answer
from reconciler.cli.stores import fleet_option, store_of_fleet
from reconciler.cli.system import require_linux
from reconciler.cli.waiting import result_of
from reconciler.cli.wiring import cache_of, find_build, open_world
from reconciler.domain.hold import Hold
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.options import PlanOptions
from reconciler.plan.planner import spec_digest
from reconciler.runtime.store_lock import user_name
from reconciler.store import Store
from reconciler.supervise.passes import plan_fleet
from reconciler.supervise.rollback import Return, refuse_misfits, way_back

OPERATION = "rollback"


@click.command(
    epilog="Without a number it is the last generation that was applied whole and says something else than the "
    "current one. Its spec is in the store: no file is needed, and none is written. What is protected is never stopped."
)
@click.argument("generation", required=False, type=click.IntRange(min=1), shell_complete=recorded_generations)
@fleet_option
@common(Format.JSON, llama_server=True)
@limits
@manner_of_changes
def command(common: Common, wishes: Wishes, manner: Manner, *, generation: int | None, fleet: str | None) -> int:
    """Go back to an earlier generation, and hold it."""
    require_linux()
    deed = Deed(
        operation=OPERATION,
        question="Go back?",
        expected="yes",
        approved=manner.auto_approve,
        look="reconcile history",
    )
    require_answer(deed)
    directory = store_of_fleet(common, fleet)
    with locked(directory, OPERATION, manner, common.output):
        with Store.open(directory) as store:
            back = way_back(store, generation)
        build = find_build(common, back.fleet.llama_server, cache_of(directory))
        if not build.identity.size:
            raise UsageError("a rollback needs a llama-server, not a catalogue of its flags")
        refuse_misfits(back, build.catalogue)
        world, record = open_world(directory, build), recorded(directory)
        options = PlanOptions(
            max_stop=wishes.max_stop,
            allow_empty=wishes.allow_empty,
            notices=back.notices,
            says_hold=True,
            catalogue=build.catalogue,
        )
        planned = result_of(plan_fleet(world, back.fleet, record, options))
        hold = _hold(back, _declared(common, record.fleet))
        deed = replace(deed, origin=record.origin, revision=lambda: back.generation.revision, hold=hold)
        code = carry_out(world, planned, deed, manner, common.output)
        if planned.plan.is_empty and common.output.format is Format.HUMAN:
            common.output.note(f"Generation {hold.generation} is held.")
        return code


def _hold(back: Return, files: str) -> Hold:
    number, spec = back.generation.number, spec_digest(back.declared)
    return Hold(generation=number, who=user_name(), since=time.time(), spec=spec, files=files)


def _declared(common: Common, fleet: str) -> str:
    """What the files say now, where they are at hand and of this fleet: by that the hold knows when they change."""
    try:
        spec = read_fleet(common, config_paths(common)).spec
    except ReconcilerError:
        return ""
    return spec_digest(spec) if spec.fleet == fleet else ""
