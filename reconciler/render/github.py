"""
Workflow commands of GitHub Actions: a line on stdout becomes an annotation beside the line of code.

The runner undoes these escapes: `%`, CR and LF everywhere, `:` and `,` in properties too.
"""

from collections.abc import Sequence

from reconciler.domain.change import Action, Change
from reconciler.domain.diagnostic import Diagnostic, Position
from reconciler.domain.plan import Objection, Plan
from reconciler.errors import ReconcilerError
from reconciler.render.sentences import sentence
from reconciler.render.values import title

DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})


def annotations(diagnostics: Sequence[Diagnostic]) -> str:
    """One annotation for each diagnostic, at its place."""
    return "".join(_annotation(one) for one in diagnostics)


def failure_annotation(error: ReconcilerError) -> str:
    """A failure that has no place in a file."""
    return _command("error", {"title": error.summary}, _message(error.detail or error.summary, error.hint))


def plan_annotations(plan: Plan) -> str:
    """What a reviewer must not overlook: stops and objections; the rest is in the step summary."""
    said = [_stop(change) for change in plan.changes if change.action is Action.STOP]
    said += [_objection(objection) for objection in plan.objections]
    return "".join(said) + annotations(plan.diagnostics)


def _stop(change: Change) -> str:
    head = f"{title(change.resource)} {sentence(change)}"
    return _command("warning", {"title": head}, "It is not served afterwards.")


def _objection(objection: Objection) -> str:
    severity = "error" if objection.blocking else "warning"
    return _command(severity, {"title": objection.code}, _message(objection.summary, objection.insist))


def _annotation(diagnostic: Diagnostic) -> str:
    title = {"title": f"{diagnostic.code} {diagnostic.path}".strip()}
    properties = _place(diagnostic.position) | title if diagnostic.position else title
    text = "\n".join(part for part in (diagnostic.summary, diagnostic.detail) if part)
    return _command(diagnostic.severity.value, properties, _message(text, diagnostic.hint))


def _place(position: Position) -> dict[str, str]:
    end = position.column + position.length if position.column else 0
    numbers = {"line": position.line, "col": position.column, "endColumn": end}
    return {"file": position.file} | {key: str(number) for key, number in numbers.items() if number}


def _message(text: str, hint: str) -> str:
    return f"{text}\nhint: {hint}" if hint else text


def _command(name: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{key}={value.translate(PROPERTY)}" for key, value in properties.items())
    return f"::{name} {listed}::{message.translate(DATA)}\n"
