"""A plan for a terminal: what changes, what it costs, what speaks against it, and the counts."""

from collections.abc import Iterator, Sequence

from reconciler.domain.change import Action, Change
from reconciler.domain.names import model_name
from reconciler.domain.plan import Drift, Plan
from reconciler.render import values
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line, line_width
from reconciler.render.problems import each, hint
from reconciler.render.sentences import SYMBOLS, cost, is_worth_a_line, sentence

STYLES = {
    Action.START: Style.GREEN,
    Action.STOP: Style.RED,
    Action.RESTART: Style.YELLOW,
    Action.RELOAD: Style.YELLOW,
    Action.ADOPT: Style.CYAN,
    Action.FORGET: Style.DIM,
    Action.KEEP: Style.PLAIN,
}
ALWAYS_COUNTED = (Action.START, Action.RESTART, Action.RELOAD, Action.STOP)
COST_GAP = 8
COUNTED_IF_ANY = (Action.ADOPT, Action.FORGET)


def plan_text(plan: Plan) -> tuple[Line, ...]:
    """The whole plan; notices come first because they are about all of it."""
    shown = [change for change in plan.changes if is_worth_a_line(change)]
    blocks = [
        [line(notice) for notice in plan.notices],
        [_header(plan)],
        list(_changes(shown)),
        list(_drift(plan.drift)),
        list(_objections(plan)),
        list(each(plan.diagnostics)),
        [line(Span(summary(plan), Style.BOLD))],
    ]
    return _joined([block for block in blocks if block])


def summary(plan: Plan) -> str:
    """The counts, in one sentence."""
    if plan.is_empty:
        matching = plan.count(Action.KEEP)
        verb = "matches" if matching == 1 else "match"
        return f"No changes. {values.counted(matching, 'resource')} {verb} the configuration."
    return f"Plan: {counts(plan)}; {plan.count(Action.KEEP)} unchanged."


def counts(plan: Plan) -> str:
    """How many get each action; the rarer ones only when there are any."""
    listed = [*ALWAYS_COUNTED, *(action for action in COUNTED_IF_ANY if plan.count(action))]
    return ", ".join(f"{plan.count(action)} to {action}" for action in listed)


def declared(plan: Plan) -> int:
    """How many models the configuration has: those that are about to leave it are not counted."""
    leaving = (change.forget_after or change.action is Action.FORGET for change in plan.changes)
    models = (model_name(change.resource) is not None for change in plan.changes)
    return sum(model and not leaves for model, leaves in zip(models, leaving, strict=True))


def _header(plan: Plan) -> Line:
    models = values.counted(declared(plan), "model")
    return line(Span(f"reconcile plan — fleet {plan.fleet}, {models}", Style.BOLD))


def _joined(blocks: Sequence[Sequence[Line]]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for block in blocks:
        lines += [BLANK, *block] if lines else block
    return tuple(lines)


def _changes(changes: Sequence[Change]) -> Iterator[Line]:
    heads = columns([_head(change) for change in changes], gap=4)
    widths = [line_width(head) for head in heads]
    priced = [width for width, change in zip(widths, changes, strict=True) if cost(change)]
    edge = max(priced, default=0) + COST_GAP
    for change, head, width in zip(changes, heads, widths, strict=True):
        symbol = Span(f"  {SYMBOLS[change.action]:<4}", STYLES[change.action])
        price = line(" " * (edge - width), Span(cost(change), Style.YELLOW)) if cost(change) else ()
        yield (symbol, *head, *price)
        yield from columns(_fields(change), gap=3, indent=8)
        if change.note:
            yield line(" " * 8, Span(change.note, Style.DIM))


def _head(change: Change) -> tuple[Span, str]:
    return Span(values.title(change.resource), Style.BOLD), sentence(change)


def _fields(change: Change) -> list[tuple[str, str]]:
    return [(field.path, values.changed(field.before, field.after)) for field in change.fields]


def _drift(drift: Sequence[Drift]) -> Iterator[Line]:
    if drift:
        yield line("  changed outside of reconcile:")
        yield from columns([_drift_row(one) for one in drift], gap=3, indent=2)


def _drift_row(drift: Drift) -> tuple[Span, Span, str]:
    return Span("!", Style.HEAD_YELLOW), Span(values.title(drift.resource), Style.BOLD), drifted(drift)


def drifted(drift: Drift) -> str:
    """What moved, with both sides where there are two."""
    both = drift.recorded is not None or drift.observed is not None
    return f"{drift.summary}: {values.changed(drift.recorded, drift.observed)}" if both else drift.summary


def _objections(plan: Plan) -> Iterator[Line]:
    for objection in plan.objections:
        head = Span("refused: ", Style.HEAD_RED) if objection.blocking else Span("skipped: ", Style.HEAD_YELLOW)
        yield line(head, objection.summary)
        if objection.insist:
            yield from hint(f"look at the numbers, then insist with `{objection.insist}`", indent="  ")
