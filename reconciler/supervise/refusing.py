"""What stands in the way of a whole plan. A pass without a person to ask stops here, before anything is touched."""

from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.domain.plan import Objection, Plan
from reconciler.errors import PreflightError, UnsafePlanError


def errors_of(plan: Plan) -> tuple[Diagnostic, ...]:
    """What the host lacks."""
    return tuple(one for one in plan.diagnostics if one.severity is Severity.ERROR)


def blocking(plan: Plan) -> tuple[Objection, ...]:
    """Objections that hold up the whole plan."""
    return tuple(one for one in plan.objections if one.blocking)


def refuse(plan: Plan, *, hint: str) -> None:
    """
    Lets a plan pass that has nothing against it.

    Args:
        hint: how the caller insists.

    Raises:
        PreflightError: it has errors.
        UnsafePlanError: it has objections that nobody overrode.
    """
    if errors := errors_of(plan):
        raise PreflightError("nothing was touched: the host is not ready", diagnostics=errors)
    if objections := blocking(plan):
        summary, *more = (one.summary for one in objections)
        raise UnsafePlanError(summary, detail="\n".join(more), hint=hint)
