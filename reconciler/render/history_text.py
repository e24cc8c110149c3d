"""The history for people: a table of generations, one of them whole, two compared, and the audit."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.domain.actor import Actor
from reconciler.domain.history import Difference, Event, Generation, Step
from reconciler.domain.hold import Hold
from reconciler.domain.revision import Revision
from reconciler.domain.said import Said, Tree
from reconciler.render import values
from reconciler.render.configuration import configuration_text
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line

HEADINGS = ("GENERATION", "WHEN (UTC)", "WHO", "RESULT", "COMMIT", "CHANGES", "TOOK")
EVENT_HEADINGS = ("WHEN (UTC)", "WHO", "FROM", "WHAT", "RESOURCE", "RESULT", "DETAIL")
GOOD = "done"
NAMED = 3
"""Changes that are named; of more it is said how many there are."""

SHORT = 9
"""Digits of a commit that people are shown."""

SIGNS = {
    "added": Span("+", Style.GREEN),
    "removed": Span("-", Style.RED),
    "changed": Span("~", Style.YELLOW),
}


def history_text(current: int, hold: Hold | None, generations: Sequence[Generation]) -> Iterator[Line]:
    """One row a generation, newest first."""
    held = hold.generation if hold else 0
    rows = [_row(one, _mark(one.number, current, held)) for one in generations]
    yield from columns([tuple(Span(one, Style.DIM) for one in HEADINGS), *rows])
    if held:
        yield BLANK
        yield line(f"Generation {held} is held until the files are applied, or `reconcile resume`.")


def generation_text(one: Generation, mark: str, plan: Sequence[Line]) -> Iterator[Line]:
    """Everything that is known of it; `plan` as it was shown then."""
    facts = (
        ("when", f"{_when(one.started_at, seconds=True)} UTC, took {values.elapsed(one.seconds)}"),
        ("who", one.who or "-"),
        ("what", f"rollback to generation {one.rollback_to}" if one.rollback_to else one.operation),
        ("result", one.result),
        *_commit_facts(one.revision),
        ("origin", one.origin or "-"),
        ("program", f"{one.program}, llama-server {one.build}"),
    )
    yield line(Span(f"generation {one.number}{mark}", Style.BOLD))
    yield from columns([(Span(name, Style.DIM), said) for name, said in facts], indent=2)
    if one.steps:
        yield from (BLANK, line(Span("steps", Style.BOLD)), *columns(map(_step, one.steps), indent=2))
    if plan:
        yield from (BLANK, line(Span("plan", Style.BOLD)), *plan)
    yield from (BLANK, line(Span("spec", Style.BOLD)), *spec_text(one.spec))


def spec_text(spec: Mapping[str, Any]) -> Iterator[Line]:
    """The spec as YAML that can be read back."""
    return configuration_text(_tree(spec), origin=False)


def differences_text(before: int, after: int, found: Sequence[Difference]) -> Iterator[Line]:
    """In the words of a plan."""
    if not found:
        yield line(f"Generations {before} and {after} say the same.")
        return
    yield line(Span(f"from generation {before} to generation {after}", Style.BOLD))
    yield BLANK
    for one in found:
        said = "" if one.change == "changed" else f"  {one.change}"
        yield line("  ", SIGNS[one.change], "  ", Span(values.title(one.resource), Style.BOLD), said)
        yield from columns(
            [(field.path, values.changed(field.before, field.after)) for field in one.fields], gap=3, indent=8
        )


def events_text(events: Sequence[Event]) -> Iterator[Line]:
    """One row an event, newest first."""
    rows = [
        (
            _when(one.at, seconds=True),
            _who(one.actor),
            ", ".join(filter(None, (one.actor.host, one.actor.via))) or "-",
            one.what,
            values.title(one.resource) or "-",
            _result(one.result),
            values.shortened(one.detail),
        )
        for one in events
    ]
    yield from columns([tuple(Span(one, Style.DIM) for one in EVENT_HEADINGS), *rows])


def mark_of(number: int, current: int, hold: Hold | None) -> str:
    """What a generation is besides its number."""
    said = _mark(number, current, hold.generation if hold else 0)
    return f", {said}" if said else ""


def in_short(one: Generation) -> str:
    """What it did, in some words."""
    what = {"apply": "", "rollback": f"rollback to {one.rollback_to}: "}.get(one.operation, f"{one.operation}: ")
    if len(one.steps) <= NAMED:
        said = ", ".join(f"{step.action} {values.title(step.resource)}" for step in one.steps)
    else:
        said = ", ".join(f"{count} {action}" for action, count in Counter(step.action for step in one.steps).items())
    return values.shortened(f"{what}{said or 'nothing was touched'}")


def _mark(number: int, current: int, held: int) -> str:
    return ", ".join(word for word, is_so in (("current", number == current), ("held", number == held)) if is_so)


def _row(one: Generation, mark: str) -> tuple[str | Span, ...]:
    return (
        Span(f"{one.number} {mark}" if mark else str(one.number), Style.BOLD),
        _when(one.created_at),
        one.who or "-",
        _result(one.result),
        _commit(one.revision),
        in_short(one),
        values.elapsed(one.seconds),
    )


def _commit(one: Revision | None) -> str:
    if one is None or not one.commit:
        return "-" if one is None else "unknown"
    return ", ".join(filter(None, (f"{one.commit[:SHORT]} {one.branch}".rstrip(), "dirty" if one.dirty else "")))


def _commit_facts(one: Revision | None) -> Iterator[tuple[str, str]]:
    if one is None:
        yield "commit", "- (of no repository that is known)"
    elif not one.commit:
        yield "commit", f"unknown: {one.problem}"
    else:
        dirty = "; the files differed from it" if one.dirty else ""
        yield "commit", f"{one.commit}{f' ({one.branch})' if one.branch else ' (no branch)'}{dirty}"
        when = f", {_when(one.committed_at)} UTC" if one.committed_at is not None else ""
        yield "author", f"{one.author}{when}"


def _step(one: Step) -> tuple[str | Span, ...]:
    took = "-" if one.seconds is None else values.elapsed(one.seconds)
    return values.title(one.resource), one.action, _result(one.result), took, values.shortened(one.message)


def _result(word: str) -> Span:
    return Span(word, Style.GREEN if word == GOOD else Style.YELLOW)


def _who(actor: Actor) -> str:
    return f"{actor.who} (sudo by {actor.sudo_user})" if actor.sudo_user else actor.who or "-"


def _when(at: float, *, seconds: bool = False) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def _tree(document: Mapping[str, Any]) -> Tree:
    """What the writer of configurations takes: a mapping that says something is a block."""
    return {
        key: _tree(value) if isinstance(value, Mapping) and value else Said(value=value)
        for key, value in document.items()
    }
