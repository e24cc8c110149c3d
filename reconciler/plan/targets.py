"""`--target`: everything else stays as it is, and says so."""

import difflib
from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, Reason
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ROUTER, ResourceId, model_id, model_name
from reconciler.errors import UsageError
from reconciler.plan.situation import Situation

RENEWED = frozenset({Reason.ROUTER_RESTARTED, Reason.PROTECTED})
"""Why a model is loaded again that nobody has asked to touch."""

LEFT_OUT = "left out by --target"


@frozen
class Targets:
    """
    The resources that a plan may touch.

    Attributes:
        wanted: empty is all.
        brings_router: whether a target is a model of the router, which must run for it.
    """

    wanted: frozenset[ResourceId] = frozenset()
    brings_router: bool = False

    @classmethod
    def of(cls, situation: Situation) -> "Targets":
        """
        Reads the options.

        Raises:
            UsageError: a target is neither declared nor recorded.
        """
        if not situation.options.targets:
            return cls()
        known = {ROUTER, *map(model_id, situation.fleet.models), *situation.lines, *situation.held}
        wanted = frozenset(_resource(target, known) for target in sorted(situation.options.targets))
        models = (situation.model(resource) for resource in wanted)
        return cls(wanted=wanted, brings_router=any(one is not None and one.serve == "router" for one in models))

    def filtered(self, change: Change, *, router: Action = Action.KEEP, inside: bool = False) -> Change:
        """
        The change, or KEEP in its place; what the router does to its models cannot be left out.

        Args:
            router: what the plan does to the router.
            inside: whether the router has this model now.
        """
        if not self.wanted or change.resource in self.wanted:
            return change
        if change.resource == ROUTER and self.brings_router and change.action is Action.START:
            return change
        renewed = router in {Action.START, Action.RESTART}
        follows = (renewed and change.reason in RENEWED) or (router is Action.STOP and inside)
        untouched = change.action is Action.KEEP and not change.fields and change.reason is not Reason.UNKNOWN
        if follows or untouched:
            return change
        return replace(
            change,
            action=Action.KEEP,
            reason=Reason.BLOCKED,
            effect=Effect.NONE,
            fields=(),
            downtime_seconds=None,
            busy=None,
            note=LEFT_OUT,
            forget_after=False,
        )


def _resource(target: str, known: set[ResourceId]) -> ResourceId:
    for candidate in (ResourceId(target), model_id(target)):
        if candidate in known:
            return candidate
    names = sorted(model_name(resource) or resource for resource in known)
    near = difflib.get_close_matches(target, names, 1)
    raise UsageError(
        f"there is no `{target}` to target",
        detail="a target is the name of a model that is declared or recorded, or `router`",
        hint=f"did you mean `{near[0]}`?" if near else "`reconcile status` lists them",
    )
