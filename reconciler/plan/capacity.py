"""Memory, as an estimate from the sizes of files. A warning, never a refusal, until it is measured."""

from collections.abc import Iterator, Sequence

from reconciler.domain.change import Action, Change
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.domain.names import ResourceId
from reconciler.plan.situation import Situation
from reconciler.spec.document import files_of

GIB = 1024**3


def needs_memory_first(changes: Sequence[Change], situation: Situation) -> bool:
    """Whether departures must come first because what is started may not fit beside them."""
    available = situation.seen.host.memory_available
    return available is not None and _wanted(changes, situation) > available


def warnings(situation: Situation, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """One warning when what is started looks larger than what is there."""
    available = situation.seen.host.memory_available
    if available is None:
        return
    freed = sum(_recorded_size(situation, one.resource) for one in changes if one.action is Action.STOP)
    wanted = _wanted(changes, situation)
    if wanted > available + freed:
        yield Diagnostic(
            code="W0501",
            severity=Severity.WARNING,
            summary=f"models to start need about {wanted / GIB:.1f} of {(available + freed) / GIB:.1f} GiB of memory",
            detail="an estimate from the sizes of the model files; caches come on top, memory of GPUs is not counted",
        )


def _wanted(changes: Sequence[Change], situation: Situation) -> int:
    return sum(_declared_size(situation, one.resource) for one in changes if one.action is Action.START)


def _declared_size(situation: Situation, resource: ResourceId) -> int:
    model = situation.model(resource)
    if model is None or (model.serve == "router" and model.load == "on-demand"):
        return 0
    facts = (situation.seen.files.get(path) for paths in files_of(model).values() for path in paths)
    return sum(one.size for one in facts if one)


def _recorded_size(situation: Situation, resource: ResourceId) -> int:
    line = situation.lines.get(resource)
    files = line.applied.document.get("files", {}) if line and line.applied else {}
    return sum(int(one["size"]) for one in files.values())
