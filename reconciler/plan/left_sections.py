"""
Sections of ours that the router has and no record gives it: a run that was cut off, or whose way back failed, has left
them there.
"""

from dataclasses import replace
from pathlib import Path

from reconciler.domain.change import Action, Change, Effect, Reason
from reconciler.domain.names import ROUTER, ResourceId, model_id
from reconciler.domain.observation import RouterModelState
from reconciler.llama.argv import after
from reconciler.plan.situation import Situation


def left_sections(situation: Situation) -> list[ResourceId]:
    """
    The names of such sections that are not declared for the router: of models with a process of their own, and those
    that a model was about to get.
    """
    if situation.carrier(ROUTER) is None:
        return []
    listed = sorted((situation.seen.router_models or {}).items())
    return [model_id(name) for name, state in listed if _is_left(situation, model_id(name), state)]


def taking_out(situation: Situation, router: Change) -> Change:
    """The change of the router, which lets go of them where it would stay as it is: a request would load them."""
    stays = router.action is Action.KEEP and router.reason in {Reason.UP_TO_DATE, Reason.RECORD_ONLY}
    if not (stays and left_sections(situation)):
        return router
    return replace(router, action=Action.RELOAD, reason=Reason.SECTIONS_LEFT, effect=Effect.NONE)


def _is_left(situation: Situation, resource: ResourceId, state: RouterModelState) -> bool:
    model, line = situation.model(resource), situation.record.resources.get(resource)
    if model is not None and model.enabled and model.serve == "router":
        return False
    if line is not None:
        # One that the record gives the router leaves it by a change of its own.
        return model is not None and {model.serve, line.applied.serve if line.applied else None} == {"dedicated"}
    uid = Path(after("--log-file", state.args)).stem
    return any(one.uid == uid for one in situation.record.resources.values())
