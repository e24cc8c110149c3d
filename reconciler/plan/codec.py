"""
Plans as JSON: what `--format json` prints, and with the fleet's spec what `--out` saves.

The only file that knows the bytes. Keys are only ever added within one format version.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.domain.change import Action, Change, Effect, FieldChange, Reason
from reconciler.domain.diagnostic import Applicability, Diagnostic, Fix, Position, Severity
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, SlotUid
from reconciler.domain.plan import Basis, Drift, Objection, Plan
from reconciler.domain.revision import Revision
from reconciler.errors import ReconcilerError
from reconciler.spec.fleet import FleetSpec

FORMAT_VERSION = "1.0"

Json = dict[str, Any]


@frozen
class SavedPlan:
    """
    A plan with the fleet that it was made for; secrets are references in it, never values.

    Attributes:
        origin: where the configuration came from, for the record of who applies it.
        revision: what git knew of its files.
    """

    plan: Plan
    fleet: FleetSpec
    origin: str = ""
    revision: Revision | None = None


def plan_json(plan: Plan) -> Json:
    """The plan as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "fleet": plan.fleet,
        "summary": {action.value: plan.count(action) for action in Action},
        "changes": [asdict(change) for change in plan.changes],
        "waves": [[change.resource for change in wave] for wave in plan.waves],
        "drift": [asdict(one) for one in plan.drift],
        "objections": [asdict(one) for one in plan.objections],
        "diagnostics": [_diagnostic_json(one) for one in plan.diagnostics],
        "notices": list(plan.notices),
        "basis": asdict(plan.basis) | {"identities": dict(plan.basis.identities)},
    }


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """
    The plan that `plan_json` wrote.

    Raises:
        ReconcilerError: the document is not a plan of this format.
    """
    _check_version(document)
    try:
        basis = document["basis"]
        return Plan(
            fleet=document["fleet"],
            changes=tuple(_change(one) for one in document["changes"]),
            basis=Basis(**{**basis, "identities": tuple(basis["identities"].items())}),
            drift=tuple(Drift(**one) for one in document["drift"]),
            objections=tuple(Objection(**one) for one in document["objections"]),
            diagnostics=tuple(_diagnostic(one) for one in document["diagnostics"]),
            notices=tuple(document["notices"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_a_plan(f"{type(error).__name__}: {error}") from error


def saved_text(saved: SavedPlan) -> str:
    """The text of a plan file."""
    document = plan_json(saved.plan) | {"spec": saved.fleet.document(), "origin": saved.origin}
    document["revision"] = asdict(saved.revision) if saved.revision else None
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_saved(text: str) -> SavedPlan:
    """
    A plan file again.

    Raises:
        ReconcilerError: the text is not a plan of this format.
    """
    from reconciler.spec.validating import validate  # noqa: PLC0415 - only who reads a file needs it

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_plan(str(error)) from error
    if not isinstance(document, dict) or "spec" not in document:
        raise _not_a_plan("it has no key `spec`")
    plan = plan_from_json(document)
    try:
        revision = document.get("revision")
        return SavedPlan(
            plan=plan,
            fleet=validate(FleetSpec, document["spec"]),
            origin=str(document.get("origin", "")),
            revision=Revision(**revision) if revision else None,
        )
    except (TypeError, ValueError) as error:
        raise _not_a_plan(f"its `spec` does not fit: {error}") from error


def _check_version(document: Mapping[str, Any]) -> None:
    version = str(document.get("format_version"))
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise _not_a_plan(f"its format_version is {version}, expected {FORMAT_VERSION}")


def _not_a_plan(detail: str) -> ReconcilerError:
    return ReconcilerError(
        "the file is not a saved plan of this program", detail=detail, hint="write one with `reconcile plan --out FILE`"
    )


def _change(document: Mapping[str, Any]) -> Change:
    values = dict(document)
    return Change(
        **values
        | {
            "resource": ResourceId(values["resource"]),
            "action": Action(values["action"]),
            "reason": Reason(values["reason"]),
            "effect": Effect(values["effect"]),
            "fields": tuple(FieldChange(**one | {"effect": Effect(one["effect"])}) for one in values["fields"]),
            "slot": SlotUid(values["slot"]) if values["slot"] else None,
        }
    )


def _diagnostic_json(one: Diagnostic) -> Json:
    """As `validate` prints them: Terraform's keys, and ours on top."""
    document: Json = {"severity": one.severity.value, "code": one.code, "summary": one.summary, "detail": one.detail}
    document |= {key: value for key in ("path", "resource", "hint") if (value := getattr(one, key))}
    if one.fix is not None:
        document["fix"] = {"replacement": one.fix.replacement, "applicability": one.fix.applicability.value}
    if (at := one.position) is not None:
        start = {"line": max(at.line, 1), "column": max(at.column, 1)}
        end = {"line": start["line"], "column": start["column"] + (at.length if at.column else 0)}
        document["range"] = {"filename": at.file, "start": start, "end": end}
    if one.position is not None and one.snippet:
        column = max(one.position.column - 1, 0)
        document["snippet"] = {
            "code": one.snippet,
            "start_line": one.position.line,
            "highlight_start_offset": column,
            "highlight_end_offset": column + one.position.length,
        }
    return document


def _diagnostic(document: Mapping[str, Any]) -> Diagnostic:
    at, snippet, fix = document.get("range"), document.get("snippet"), document.get("fix")
    position = None
    if at is not None:
        start, end = at["start"], at["end"]
        length = end["column"] - start["column"]
        position = Position(file=at["filename"], line=start["line"], column=start["column"], length=length)
    texts = {key: document.get(key, "") for key in ("code", "summary", "detail", "path", "hint", "resource")}
    return Diagnostic(
        severity=Severity(document["severity"]),
        position=position,
        snippet=snippet["code"] if snippet else "",
        fix=Fix(**{**fix, "applicability": Applicability(fix["applicability"])}) if fix else None,
        **texts,
    )
