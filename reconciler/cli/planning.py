"""From options and a place to a plan: what `plan`, `apply` and `destroy` have in common."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.cli.request import Wishes
from reconciler.cli.wiring import Site
from reconciler.domain.change import Action
from reconciler.domain.plan import Objection, Plan
from reconciler.errors import PreflightError, UnsafePlanError
from reconciler.plan.options import PlanOptions
from reconciler.render.values import counted
from reconciler.spec.record import Record
from reconciler.store import Store
from reconciler.supervise.refusing import errors_of


def recorded(directory: Path) -> Record:
    """What the store says."""
    with Store.open(directory) as store:
        return store.record()


def options_of(wishes: Wishes, site: Site) -> PlanOptions:
    """What the planner is told."""
    return PlanOptions(
        targets=frozenset(wishes.target),
        max_stop=wishes.max_stop,
        allow_empty=wishes.allow_empty,
        accept_origin=wishes.accept_origin,
        origin=site.fleet.origin,
        catalogue=site.build.catalogue,
    )


def refuse_errors(plan: Plan) -> None:
    """
    Stops here when the host is not ready.

    Raises:
        PreflightError: with everything that was found.
    """
    if errors := errors_of(plan):
        summary = f"nothing was touched: {counted(len(errors), 'problem')} on this machine"
        raise PreflightError(summary, diagnostics=plan.diagnostics)


def is_pending(plan: Plan) -> bool:
    """Whether an apply would do anything that can be seen, or the world moved by itself."""
    return bool(plan.drift) or any(change.action is not Action.KEEP for change in plan.changes)


def refuse_objections(objections: Sequence[Objection]) -> None:
    """
    Stops here when somebody has to insist first.

    Raises:
        UnsafePlanError: with the numbers, and the options that override.
    """
    if objections:
        insist = " ".join(dict.fromkeys(one.insist for one in objections if one.insist))
        summary, *more = (one.summary for one in objections)
        hint = f"look at `reconcile plan`, then insist with `{insist}`" if insist else "mend the cause, then plan again"
        raise UnsafePlanError(summary, detail="\n".join(more), hint=hint)
