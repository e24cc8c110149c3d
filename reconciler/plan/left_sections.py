"""Sections of the router whose model has a process of its own: a run that was cut off has left them there."""

from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, Reason
from reconciler.domain.names import ROUTER, ResourceId, model_id
from reconciler.plan.situation import Situation


def left_sections(situation: Situation) -> list[ResourceId]:
    """The models of such sections: declared and recorded as dedicated, and listed by the living router too."""
    if situation.carrier(ROUTER) is None:
        return []
    listed = (model_id(name) for name in sorted(situation.seen.router_models or {}))
    return [resource for resource in listed if _has_its_own(situation, resource)]


def taking_out(situation: Situation, router: Change) -> Change:
    """The change of the router, which lets go of them where it would stay as it is: a request would load them."""
    stays = router.action is Action.KEEP and router.reason in {Reason.UP_TO_DATE, Reason.RECORD_ONLY}
    if not (stays and left_sections(situation)):
        return router
    return replace(router, action=Action.RELOAD, reason=Reason.SECTIONS_LEFT, effect=Effect.NONE)


def _has_its_own(situation: Situation, resource: ResourceId) -> bool:
    model, line = situation.model(resource), situation.lines.get(resource)
    serves = {model.serve if model else None, line.applied.serve if line and line.applied else None}
    return serves == {"dedicated"}
