"""
A plan as a comment on a pull request, or as a step summary; and why there is none.

GitHub refuses a comment of more than 65,536 characters, so whole blocks are left out: what is there is always
well-formed, and the rest is counted.
"""

import html
from collections.abc import Iterable, Sequence

from reconciler.domain.change import Action, Change
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.plan import Objection, Plan
from reconciler.errors import ReconcilerError
from reconciler.render.layout import text
from reconciler.render.plan_text import counts, declared, drifted, summary
from reconciler.render.problems import each
from reconciler.render.sentences import SYMBOLS, cost, is_worth_a_line, sentence
from reconciler.render.values import changed, counted, shortened, title

LONGEST = 65_536
MOST_NAMES = 4_000
RESERVED = 200
"""For the line that counts what was left out."""


def plan_markdown(plan: Plan) -> str:
    """Title with the counts, what needs a decision, then each change to unfold."""
    shown = [change for change in plan.changes if is_worth_a_line(change)]
    head = [_title(plan), *(f"> {_inline(notice)}" for notice in plan.notices), *_alarms(plan)]
    blocks = [*map(_change, shown), *_more(plan)]
    foot = f"_{summary(plan)}_ {counted(declared(plan), 'model')} declared.\n"
    return _fitting(["\n\n".join(head), *blocks], foot)


def failure_markdown(error: ReconcilerError, diagnostics: Sequence[Diagnostic]) -> str:
    """The comment where there is no plan: each problem as a terminal shows it."""
    head = [f"### reconcile: {_inline(error.summary)}", *filter(None, [_inline(error.detail)])]
    blocks = [_fenced(text(each([one])).splitlines()) for one in diagnostics]
    hint = [f"hint: {_inline(error.hint)}"] if error.hint else []
    return _fitting([*head, *blocks, *hint], "").rstrip("\n") + "\n"


def _title(plan: Plan) -> str:
    what = "no changes" if plan.is_empty else counts(plan)
    return f"### reconcile plan: {_code(plan.fleet)}, {what}"


def _alarms(plan: Plan) -> list[str]:
    alarms = []
    if stopped := [_code(title(change.resource)) for change in plan.changes if change.action is Action.STOP]:
        names = shortened(", ".join(stopped), MOST_NAMES)
        alarms.append(_alarm("WARNING", [f"**Served now, not afterwards:** {names}"]))
    for kind, blocking in (("CAUTION", True), ("NOTE", False)):
        if said := [_objection(one) for one in plan.objections if one.blocking is blocking]:
            alarms.append(_alarm(kind, said))
    return alarms


def _alarm(kind: str, lines: Iterable[str]) -> str:
    return "\n".join([f"> [!{kind}]", *(f"> {line}  " for line in lines)])


def _objection(one: Objection) -> str:
    return f"{_inline(one.summary)} (insist with {_code(one.insist)})" if one.insist else _inline(one.summary)


def _change(change: Change) -> str:
    symbol, name = SYMBOLS[change.action] or "=", title(change.resource)
    head = f"<code>{html.escape(symbol)}</code> <b>{html.escape(name)}</b> {html.escape(sentence(change))}"
    if price := cost(change):
        head += f" <i>{html.escape(price)}</i>"
    body = [f"{field.path}   {changed(field.before, field.after)}" for field in change.fields]
    if change.note:
        body.append(change.note)
    return _details(head, body) if body else f"{head}<br>"


def _more(plan: Plan) -> list[str]:
    more = []
    if plan.drift:
        rows = [f"{title(one.resource)}   {drifted(one)}" for one in plan.drift]
        more.append(_details(f"Changed outside of reconcile ({len(rows)})", rows))
    if plan.diagnostics:
        rows = text(each(plan.diagnostics)).splitlines()
        more.append(_details(f"Warnings and errors ({len(plan.diagnostics)})", rows))
    return more


def _details(head: str, body: Sequence[str]) -> str:
    return f"<details><summary>{head}</summary>\n\n{_fenced(body)}\n\n</details>"


def _fenced(body: Sequence[str]) -> str:
    inside = "\n".join(body)
    fence = "```"
    while fence in inside:
        fence += "`"
    return f"{fence}\n{inside}\n{fence}"


def _fitting(blocks: Sequence[str], foot: str) -> str:
    room = LONGEST - len(foot) - RESERVED
    kept: list[str] = []
    for block in blocks:
        room -= len(block) + 2
        if room < 0:
            break
        kept.append(block)
    if missing := len(blocks) - len(kept):
        kept.append(f"… and {missing} more left out here; the log of the job has all of it.")
    return "\n\n".join([*kept, foot])


def _inline(value: str) -> str:
    return html.escape(value, quote=False).replace("\n", " ")


def _code(value: str) -> str:
    fence = "`"
    while fence in value:
        fence += "`"
    return f"{fence}{value}{fence}" if fence == "`" else f"{fence} {value} {fence}"
