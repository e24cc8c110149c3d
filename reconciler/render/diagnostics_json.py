"""
Diagnostics as JSON, in the shape of `terraform validate -json`: tools that read those read ours.

Ours on top: `code`, `path`, `hint`, and `fix`, which says what to write in place of the range. A byte offset is left
out: positions are lines and columns here.
"""

from collections.abc import Sequence
from typing import Any

from reconciler.domain.diagnostic import Diagnostic, Position, Severity
from reconciler.errors import LegacyError, ReconcilerError
from reconciler.render import FORMAT_VERSION

Json = dict[str, Any]


def diagnostics_json(diagnostics: Sequence[Diagnostic], *, failure: ReconcilerError | None = None) -> Json:
    """All diagnostics of a command; a failure that has none of its own becomes one."""
    found = [diagnostic_json(one) for one in diagnostics]
    if failure and not any(one["severity"] == Severity.ERROR for one in found):
        found.append(_failure(failure))
    errors = sum(one["severity"] == Severity.ERROR for one in found)
    return {
        "format_version": FORMAT_VERSION,
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": found,
    }


def diagnostic_json(diagnostic: Diagnostic) -> Json:
    """One diagnostic; keys that have nothing to say are left out, as Terraform does."""
    document: Json = {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
    }
    optional = {
        "path": diagnostic.path,
        "resource": diagnostic.resource,
        "hint": diagnostic.hint,
        "fix": _fix(diagnostic),
        "range": _range(diagnostic.position),
        "snippet": _snippet(diagnostic),
    }
    return document | {key: value for key, value in optional.items() if value}


def _fix(diagnostic: Diagnostic) -> Json | None:
    fix = diagnostic.fix
    return {"replacement": fix.replacement, "applicability": fix.applicability.value} if fix else None


def _range(position: Position | None) -> Json | None:
    if position is None:
        return None
    line, column = max(position.line, 1), max(position.column, 1)
    return {
        "filename": position.file,
        "start": {"line": line, "column": column},
        "end": {"line": line, "column": column + (position.length if position.column else 0)},
    }


def _snippet(diagnostic: Diagnostic) -> Json | None:
    position = diagnostic.position
    if position is None or not diagnostic.snippet:
        return None
    start = max(position.column - 1, 0)
    end = min(start + (position.length if position.column else 0), len(diagnostic.snippet))
    return {
        "context": diagnostic.path or None,
        "code": diagnostic.snippet,
        "start_line": position.line,
        "highlight_start_offset": start,
        "highlight_end_offset": max(end, start),
        "values": [],
    }


def _failure(failure: ReconcilerError) -> Json:
    hint = {"hint": failure.hint} if failure.hint else {}
    # Where there is no code, programs branch by the kind.
    kind = {"kind": failure.kind} if isinstance(failure, LegacyError) else {}
    return {"severity": "error", "code": "", "summary": failure.summary, "detail": failure.detail, **hint, **kind}
