"""
JSON Schemas (draft 2020-12) of what the commands print, from one definition each.

A schema says what a reader may rely on: a key that is required here stays for all of format version 1. Keys
may be added, so objects are open.
"""

from enum import StrEnum
from typing import Any

from reconciler.domain.change import Action, Effect, Reason
from reconciler.domain.diagnostic import Applicability, Severity
from reconciler.domain.outcome import Result
from reconciler.domain.status import State
from reconciler.render import FORMAT_VERSION

Json = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ANY: Json = {}
TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean"}
COUNT: Json = {"type": "integer", "minimum": 0}
LINE: Json = {"type": "integer", "minimum": 1}
PORT: Json = {"type": "integer", "minimum": 1, "maximum": 65535}
INSTANT: Json = {"type": "string", "format": "date-time"}
SECONDS: Json = {"type": "number", "minimum": 0}
RESOURCE: Json = {"type": "string", "pattern": "^(model/.+|endpoint/.+|router|logging|server)$"}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(values: type[StrEnum]) -> Json:
    return {"enum": [one.value for one in values]}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _object(required: Json, optional: Json | None = None) -> Json:
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


def _document(title: str, required: Json, optional: Json | None = None) -> Json:
    body = _object({"format_version": {"const": FORMAT_VERSION}, **required}, optional)
    return {"$schema": DRAFT, "title": title, **body}


PLACE = _object({"line": LINE, "column": LINE})
SNIPPET = _object(
    {"code": TEXT, "start_line": COUNT, "highlight_start_offset": COUNT, "highlight_end_offset": COUNT},
    {"context": _or_null(TEXT), "values": _list(ANY)},
)
DIAGNOSTIC = _object(
    {"severity": _one_of(Severity), "code": TEXT, "summary": TEXT, "detail": TEXT},
    {
        "path": TEXT,
        "resource": TEXT,
        "hint": TEXT,
        "kind": TEXT,
        "fix": _object({"replacement": TEXT, "applicability": _one_of(Applicability)}),
        "range": _object({"filename": TEXT, "start": PLACE, "end": PLACE}),
        "snippet": SNIPPET,
    },
)
FIELD = _object({"path": TEXT, "before": ANY, "after": ANY, "effect": _one_of(Effect)})
CHANGE = _object(
    {
        "resource": RESOURCE,
        "action": _one_of(Action),
        "reason": _one_of(Reason),
        "effect": _one_of(Effect),
        "fields": _list(FIELD),
    },
    {"port": _or_null(PORT), "downtime_seconds": _or_null(SECONDS), "busy": _or_null(COUNT), "wave": COUNT},
)
DRIFT = _object({"resource": RESOURCE, "summary": TEXT}, {"path": TEXT, "recorded": ANY, "observed": ANY})
OBJECTION = _object({"code": TEXT, "summary": TEXT}, {"insist": TEXT, "blocking": FLAG})
CONDITION = _object(
    {
        "type": TEXT,
        "status": {"enum": ["True", "False", "Unknown"]},
        "reason": TEXT,
        "message": TEXT,
        "last_transition": _or_null(INSTANT),
        "observed_generation": COUNT,
    }
)
RESOURCE_STATUS = _object(
    {
        "name": TEXT,
        "serve": TEXT,
        "state": _one_of(State),
        "ready": FLAG,
        "in_sync": FLAG,
        "pid": _or_null(COUNT),
        "port": _or_null(PORT),
        "url": _or_null(TEXT),
        "since": _or_null(INSTANT),
        "restarts": COUNT,
        "memory_bytes": _or_null(COUNT),
        "conditions": _list(CONDITION),
    }
)

PLAN = _document(
    "What `reconcile plan --format json` prints",
    {
        "fleet": TEXT,
        "summary": _object({action.value: COUNT for action in Action}),
        "changes": _list(CHANGE),
        "drift": _list(DRIFT),
        "objections": _list(OBJECTION),
        "diagnostics": _list(DIAGNOSTIC),
    },
)
STATUS = _document(
    "What `reconcile status --format json` prints",
    {
        "fleet": TEXT,
        "generation": COUNT,
        "in_sync": FLAG,
        "observed_at": INSTANT,
        "models": _list(RESOURCE_STATUS),
        "router": _or_null(RESOURCE_STATUS),
        "conditions": _list(CONDITION),
    },
)
DIAGNOSTICS = _document(
    "What `reconcile validate --format json` prints, and every command that fails with `--format json`",
    {"valid": FLAG, "error_count": COUNT, "warning_count": COUNT, "diagnostics": _list(DIAGNOSTIC)},
)

STORED_PART = _object(
    {
        "name": TEXT,
        "kind": {"enum": ["table", "index"]},
        "table": TEXT,
        "rows": _or_null(COUNT),
        "bytes": _or_null(COUNT),
    }
)
STORED_FILE = _object(
    {
        "path": TEXT,
        "version": COUNT,
        "newest_version": COUNT,
        "bytes": COUNT,
        "free_bytes": COUNT,
        "journal_mode": TEXT,
        "exact": FLAG,
        "parts": _list(STORED_PART),
    }
)
STORE_INFO = _document(
    "What `reconcile store info --format json` prints",
    {
        "directory": TEXT,
        "fleet": TEXT,
        "lineage": TEXT,
        "serial": COUNT,
        "generation": COUNT,
        "resources": COUNT,
        "disk_free": COUNT,
        "store": STORED_FILE,
        "metrics": _or_null(STORED_FILE),
        "beside": _list(_object({"name": TEXT, "bytes": COUNT})),
    },
)
STORE_CHECK = _document(
    "What `reconcile store check --format json` prints",
    {"directory": TEXT, "ok": FLAG, "findings": _list(_object({"what": TEXT, "found": TEXT, "fix": TEXT}))},
)
ROWS: Json = {"type": "object", "additionalProperties": COUNT}
STORE_MIGRATE = _document(
    "What `reconcile store migrate --format json` prints",
    {
        "path": TEXT,
        "dry_run": FLAG,
        "version_before": COUNT,
        "version_after": COUNT,
        "backup": _or_null(TEXT),
        "migrations": _list(
            _object(
                {
                    "number": LINE,
                    "name": TEXT,
                    "sha256": TEXT,
                    "sql": _list(TEXT),
                    "rows_before": ROWS,
                    "rows_after": ROWS,
                }
            )
        ),
    },
)
STORE_RESTORE = _document(
    "What `reconcile store restore --format json` and `store import --format json` print",
    {
        "directory": TEXT,
        "lineage": TEXT,
        "version": COUNT,
        "generation": COUNT,
        "generation_before": _or_null(COUNT),
        "backup": _or_null(TEXT),
        "running": COUNT,
    },
)

VALUES: Json = {"type": "object"}
"""Values by key: which keys there are depends on what was imported."""

REFERENCES: Json = {"type": "object", "additionalProperties": _object({"file": TEXT})}
IMPORTED_MODEL = _object(
    {
        "name": _or_null(TEXT),
        "new_name": TEXT,
        "path": _or_null(TEXT),
        "enabled": FLAG,
        "serve": {"enum": ["router", "dedicated"]},
        "source": VALUES,
        "settings": VALUES,
        "type": _or_null(TEXT),
        "status": _or_null(TEXT),
        "created_at": _or_null(INSTANT),
        "info": VALUES,
    },
    {"port": PORT, "hf_file": TEXT, "extra_args": VALUES, "secrets": {"type": "object", "additionalProperties": TEXT}},
)
IMPORT_WARNING = _object({"code": TEXT, "message": TEXT}, {"model": TEXT, "column": TEXT, "recoverable": VALUES})
IMPORT_LEGACY = _document(
    "What `reconcile import legacy --format json` prints; of a refusal, `source` and `error` alone may be there",
    {"source": _object({"path": TEXT}, {"sha256": TEXT, "vintage": TEXT})},
    {
        "counts": ROWS,
        "imported": COUNT,
        "defaulted": COUNT,
        "models": _list(IMPORTED_MODEL),
        "router": VALUES,
        "router_explicit": _list(TEXT),
        "router_origin": VALUES,
        "logging": VALUES,
        "logging_explicit": _list(TEXT),
        "logging_origin": VALUES,
        "server_settings": VALUES,
        "server_secrets": REFERENCES,
        "defaults": VALUES,
        "warnings": _list(IMPORT_WARNING),
        "dropped": _list(_object({"what": TEXT, "reason": TEXT}, {"model": TEXT})),
        "history": COUNT,
        "written": _list(TEXT),
        "plan": VALUES,
        "error": _object({"kind": TEXT, "summary": TEXT}, {"detail": TEXT, "hint": TEXT}),
    },
)

REVISION = _object(
    {
        "commit": TEXT,
        "branch": TEXT,
        "dirty": FLAG,
        "author": TEXT,
        "committed_at": _or_null(INSTANT),
        "problem": TEXT,
    }
)
STEP = _object(
    {"resource": RESOURCE, "action": _one_of(Action), "result": _one_of(Result), "seconds": _or_null(SECONDS)}
)
GENERATION = _object(
    {
        "number": LINE,
        "run": COUNT,
        "operation": TEXT,
        "rollback_to": _or_null(LINE),
        "result": _one_of(Result),
        "who": TEXT,
        "started_at": INSTANT,
        "finished_at": INSTANT,
        "seconds": {"type": "number"},
        "origin": TEXT,
        "revision": _or_null(REVISION),
        "program": TEXT,
        "llama_server": TEXT,
        "summary": VALUES,
        "steps": _list(STEP),
    }
)
HISTORY = _document(
    "What `reconcile history --format json` prints",
    {
        "fleet": TEXT,
        "current": COUNT,
        "hold": _or_null(_object({"generation": LINE, "who": TEXT, "since": INSTANT})),
        "generations": _list(GENERATION),
    },
)
HISTORY_SHOW = _document(
    "What `reconcile history show N --format json` prints", {"generation": GENERATION, "plan": VALUES, "spec": VALUES}
)
HISTORY_DIFF = _document(
    "What `reconcile history diff A B --format json` prints",
    {
        "before": LINE,
        "after": LINE,
        "differences": _list(
            _object({"resource": TEXT, "change": {"enum": ["added", "removed", "changed"]}, "fields": _list(FIELD)})
        ),
    },
)
EVENT = _object(
    {
        "number": LINE,
        "at": INSTANT,
        "who": TEXT,
        "user_id": _or_null(COUNT),
        "sudo_user": TEXT,
        "host": TEXT,
        "via": TEXT,
        "program": TEXT,
        "run": _or_null(COUNT),
        "what": TEXT,
        "resource": TEXT,
        "result": TEXT,
        "detail": TEXT,
    }
)
HISTORY_EVENTS = _document("What `reconcile history --events --format json` prints", {"events": _list(EVENT)})
RESUME = _document("What `reconcile resume --format json` prints", {"generation": COUNT, "held_before": _or_null(LINE)})

SCHEMAS: dict[str, Json] = {
    "plan": PLAN,
    "status": STATUS,
    "diagnostics": DIAGNOSTICS,
    "history": HISTORY,
    "history-show": HISTORY_SHOW,
    "history-diff": HISTORY_DIFF,
    "history-events": HISTORY_EVENTS,
    "resume": RESUME,
    "store-info": STORE_INFO,
    "store-check": STORE_CHECK,
    "store-migrate": STORE_MIGRATE,
    "store-restore": STORE_RESTORE,
    "import-legacy": IMPORT_LEGACY,
}
"""By the name that `reconcile schema` takes."""
