"""
Going back to a generation: its spec is planned and applied as if the files said it, and is held afterwards.

The files are never written, and need not be there: all that is needed stands in the store.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from reconciler.config.problem import Problem, dotted
from reconciler.config.rules import check
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.domain.frozen import frozen
from reconciler.domain.history import Generation
from reconciler.domain.names import model_id
from reconciler.domain.outcome import Result
from reconciler.errors import ConfigError, ReconcilerError
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check import check_flags
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Record, ResourceRecord
from reconciler.spec.validating import validate, why_refused
from reconciler.store import Store

WHOLE = frozenset({Result.DONE, Result.SKIPPED})
"""Results of a run that left in place what it was there for; what is protected may have been skipped."""


@frozen
class Return:
    """
    What there is to go back to.

    Attributes:
        declared: the spec of the generation, as the files said it.
        fleet: the same with what outlives a rollback: protection, and the way back of a rename.
        notices: what is another than the generation said.
    """

    generation: Generation
    declared: FleetSpec
    fleet: FleetSpec
    notices: tuple[str, ...] = ()


def way_back(store: Store, number: int | None) -> Return:
    """
    The generation of this number; unless one is named, the last one before the current that was applied whole and says
    something else.

    Raises:
        ReconcilerError: there is none.
        ConfigError: the language of today does not take its spec.
    """
    record = store.record()
    found = named(store, number) if number is not None else _before(store, record.generation)
    try:
        said = validate(FleetSpec, found.spec)
    except ValueError as error:
        raise ConfigError(
            f"generation {found.number} cannot be applied by this version",
            detail=why_refused(error),
            hint=f"`reconcile history show {found.number}` shows it: write what you need of it into the files",
        ) from error
    # The store may have been renamed since.
    said = said.replaced(fleet=record.fleet or said.fleet)
    later = _later_names(store, found.number)
    models = {name: _today(name, model, record, later, said) for name, model in said.models.items()}
    kept = [name for name, model in models.items() if model.protect and not said.models[name].protect]
    notices = (f"`{name}` stays protected, which generation {found.number} did not say" for name in kept)
    fleet = said.replaced(models=models)
    return Return(generation=found, declared=said, fleet=fleet, notices=(*_headlines(found), *notices))


def named(store: Store, number: int) -> Generation:
    """
    One generation.

    Raises:
        ReconcilerError: it never was, or was let go; says which there are.
    """
    if found := store.generation(number):
        return found
    numbers = store.generation_numbers()
    if not numbers:
        raise ReconcilerError(
            "nothing was applied to this store yet",
            hint="the first `reconcile apply` that does something makes generation 1",
        )
    gone = 0 < number < numbers[-1]
    raise ReconcilerError(
        f"generation {number} {'is kept no more' if gone else 'never was'}",
        detail=f"kept: {_ranges(numbers)}; how many says `history.generations`",
        hint="`reconcile history` lists them",
    )


def refuse_misfits(back: Return, catalogue: Catalogue) -> None:
    """
    Holds the spec against the rules of today and the flags of the build.

    Raises:
        ConfigError: with everything that does not fit.
    """
    found = (*map(_placeless, check(back.fleet)), *check_flags(back.fleet, catalogue))
    if errors := tuple(one for one in found if one.severity is Severity.ERROR):
        number, several = back.generation.number, "s" if len(errors) > 1 else ""
        raise ConfigError(
            f"generation {number} does not fit any more: {len(errors)} problem{several}",
            diagnostics=errors,
            hint=f"write what you need of it into the files (`reconcile history show {number}`), or name a build that "
            "takes it with `--llama-server`",
        )


def _before(store: Store, current: int) -> Generation:
    now = named(store, current)
    for number in reversed(store.generation_numbers()):
        found = store.generation(number) if number < current else None
        if found and found.result in WHOLE and found.spec != now.spec:
            return found
    raise ReconcilerError(
        f"there is nothing to go back to: no generation before {current} was applied whole and says something else",
        hint="`reconcile history` lists those that are kept; name one",
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Such as `2, 12 to 14`: of those that went one may have stayed, because it was held."""
    kept = set(numbers)
    starts, ends = ([one for one in numbers if one + side not in kept] for side in (-1, 1))
    return ", ".join(f"{one} to {last}" if one < last else str(one) for one, last in zip(starts, ends, strict=True))


def _headlines(found: Generation) -> tuple[str, ...]:
    when = f"{datetime.fromtimestamp(found.created_at, UTC):%Y-%m-%d %H:%M} UTC"
    commit = f", commit {found.revision.commit[:9]}" if found.revision and found.revision.commit else ""
    return (
        f"rollback to generation {found.number} of {when}{commit}; the files stay as they are",
        f"generation {found.number} is held from then on, until the files are applied or `reconcile resume`",
    )


def _later_names(store: Store, number: int) -> Mapping[str, str]:
    """By the name of a model then, the name that later generations gave to it."""
    now: dict[str, str] = {}
    for later in store.generation_numbers():
        found = store.generation(later) if later > number else None
        models = found.spec.get("models", {}) if found else {}
        moves = {model["moved_from"]: name for name, model in models.items() if model.get("moved_from")}
        now |= {name: moves[last] for name, last in now.items() if last in moves}
        now |= {name: new for name, new in moves.items() if name not in now}
    return now


def _today(name: str, model: ModelSpec, record: Record, later: Mapping[str, str], fleet: FleetSpec) -> ModelSpec:
    """A model of then with what must not be lost by going back: its protection, and its port and history."""
    line: ResourceRecord | None = record.resources.get(model_id(name))
    renamed = later.get(name, "")
    if line is None and renamed not in fleet.models and (line := record.resources.get(model_id(renamed))):
        model = model.replaced(moved_from=renamed)
    return model.replaced(protect=True) if line and line.protected and not model.protect else model


def _placeless(problem: Problem) -> Diagnostic:
    """A problem of what stands in no file."""
    return Diagnostic(
        code=problem.code,
        severity=problem.severity,
        summary=problem.summary,
        detail=problem.detail,
        path=dotted(problem.path),
        hint=problem.hint,
    )
