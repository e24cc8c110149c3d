import json
from dataclasses import replace

import jsonschema
import pytest

from reconciler.domain.diagnostic import Diagnostic, Fix, Position, Severity
from reconciler.errors import LockedError
from reconciler.render.diagnostics_json import diagnostics_json
from reconciler.render.schemas import DIAGNOSTIC, DIAGNOSTICS, SCHEMAS
from tests.unit.render.samples import PROBLEM, TYPO

WARNING = Diagnostic(code="W0401", severity=Severity.WARNING, summary="old", position=Position(file="a.yaml"))


def test_a_diagnostic_has_terraforms_shape_and_our_keys():
    document = diagnostics_json([TYPO])

    assert document == {
        "format_version": "1.0",
        "valid": False,
        "error_count": 1,
        "warning_count": 0,
        "diagnostics": [
            {
                "severity": "error",
                "code": "E0203",
                "summary": "Unknown key `ctx-size`",
                "detail": "",
                "path": "models.chat.memory.ctx-size",
                "hint": "did you mean `ctx_size`?",
                "range": {
                    "filename": "fleet.yaml",
                    "start": {"line": 16, "column": 7},
                    "end": {"line": 16, "column": 15},
                },
                "snippet": {
                    "context": "models.chat.memory.ctx-size",
                    "code": "      ctx-size: 4096",
                    "start_line": 16,
                    "highlight_start_offset": 6,
                    "highlight_end_offset": 14,
                    "values": [],
                },
            }
        ],
    }


def test_an_edit_is_the_text_for_the_range():
    (document,) = diagnostics_json([replace(TYPO, fix=Fix(replacement="ctx_size"))])["diagnostics"]

    jsonschema.validate(document, DIAGNOSTIC)
    assert document["fix"] == {"replacement": "ctx_size", "applicability": "machine-applicable"}


def test_warnings_alone_are_valid():
    assert diagnostics_json([WARNING])["valid"] is True


def test_a_failure_without_diagnostics_becomes_one():
    document = diagnostics_json([WARNING], failure=LockedError("locked", detail="by a", hint="wait"))

    assert document["error_count"] == 1
    assert document["diagnostics"][1] == {
        "severity": "error",
        "code": "",
        "summary": "locked",
        "detail": "by a",
        "hint": "wait",
    }


@pytest.mark.parametrize("found", [[], [WARNING], [PROBLEM, TYPO, WARNING]], ids=["none", "warning", "all"])
def test_documents_keep_to_their_schema(found: list[Diagnostic]):
    jsonschema.validate(json.loads(json.dumps(diagnostics_json(found))), DIAGNOSTICS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name: str):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
