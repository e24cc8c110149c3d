"""What changed outside of reconcile and matters to this plan."""

from collections.abc import Iterator, Sequence

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.names import ROUTER, model_id, model_name
from reconciler.domain.observation import RouterModelState
from reconciler.domain.plan import Drift
from reconciler.llama.argv import after
from reconciler.plan.left_sections import left_sections
from reconciler.plan.situation import LOADED, Situation
from reconciler.spec.record import ResourceRecord


def drift(situation: Situation, changes: Sequence[Change]) -> Iterator[Drift]:
    """By resource, in the order of the plan; then what the router lists that nobody declared."""
    for change in changes:
        line = situation.lines.get(change.resource)
        if line is None:
            continue
        yield from _process(situation, change, line)
        yield from _in_router(situation, change, line)
    yield from _strangers(situation)
    yield from _unknown_sections(situation)


def _process(situation: Situation, change: Change, line: ResourceRecord) -> Iterator[Drift]:
    carrier = situation.seen.carrier(line.uid)
    gone = carrier is None and not situation.unseen_holder(change.resource)
    if gone and line.instance is not None and line.desired_running:
        pid = line.instance.identity.pid
        left = len(situation.seen.survivors(line.uid))
        more = f"; {left} of its processes are left" if left else ""
        yield Drift(resource=change.resource, summary=f"process {pid} died{more}")
    if carrier is not None and carrier.process.exe_deleted:
        yield Drift(
            resource=change.resource,
            summary="it runs from a llama-server whose file was replaced since",
            path="llama_server",
        )


def _in_router(situation: Situation, change: Change, line: ResourceRecord) -> Iterator[Drift]:
    states = situation.seen.router_models
    if states is None or line.applied is None or line.applied.serve != "router" or not line.desired_running:
        return
    state = states.get(model_name(line.resource) or "")
    model = situation.model(change.resource)
    if state is None:
        yield Drift(resource=change.resource, summary="the router does not list it any more")
    elif state.failed and state.status not in LOADED:
        code = f" (exit code {state.exit_code})" if state.exit_code is not None else ""
        yield Drift(resource=change.resource, summary=f"its process in the router failed{code}")
    elif state.status == "unloaded" and model is not None and line.applied.document.get("load", "always") == "always":
        evicted = change.action is Action.KEEP and change.reason is not Reason.BLOCKED
        if not evicted:
            yield Drift(resource=change.resource, summary="it was unloaded")


def _strangers(situation: Situation) -> Iterator[Drift]:
    for one in situation.seen.strangers:
        who = f"process {one.process.identity.pid}" if one.process else "a process of another user"
        yield Drift(resource=one.resource, summary=f"{who}, which is not ours, listens on port {one.port}", path="port")


def _unknown_sections(situation: Situation) -> Iterator[Drift]:
    known = {model_name(resource) for resource in situation.record.resources} | set(situation.fleet.models)
    if situation.carrier(ROUTER) is None:
        return
    for resource in left_sections(situation):
        if situation.model(resource) is not None:
            yield Drift(resource=resource, summary="the router lists it too")
    for name, state in sorted((situation.seen.router_models or {}).items()):
        if name not in known and not _is_cached(state):
            yield Drift(resource=model_id(name), summary="the router lists it, but nobody declared it")


def _is_cached(state: RouterModelState) -> bool:
    """Whether it is one of the downloads that a router lists by itself, each under the name of its repository."""
    return after("--hf-repo", state.args) == state.name
