"""The JSON Schema of a fleet file, for editors: from the spec, with its docstrings as descriptions."""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from reconciler.config.jsonschema_parts import add_composition
from reconciler.config.keys import MODEL_KEYS_OF_SERVER, NOT_IN_DEFAULTS, RESERVED
from reconciler.spec.base import Spec
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.policy import SafetySpec
from reconciler.spec.sources import SOURCES
from reconciler.spec.validating import json_schema

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
NUMBERS = frozenset({"integer", "number"})


def fleet_schema() -> Schema:
    """
    The schema as plain values.

    It asks for no key at the top: in a directory of files each has only some of them. What it lets pass,
    `reconcile validate` finds.
    """
    schema = _clean(json_schema(FleetSpec))
    parts: Schema = schema["$defs"]
    _describe(schema, FleetSpec)
    for owner in _spec_classes(Spec):
        if owner.__name__ in parts:
            _describe(parts[owner.__name__], owner)
    parts["SecretRef"] |= {"minProperties": 1, "maxProperties": 1}
    parts["SafetySpec"]["properties"]["max_stop"]["default"] = f"{SafetySpec.max_stop}%"
    parts["Defaults"] = _defaults(parts["ModelSpec"])
    parts["ModelSpec"]["anyOf"] = [{"required": [source]} for source in SOURCES]
    parts["ServerSpec"]["properties"] |= _shared(parts["ModelSpec"])
    properties = schema["properties"] | {
        "version": schema["properties"]["version"]
        | {"description": "Of the language; rises only for incompatible changes."},
        "required_version": {
            "type": "string",
            "description": "Versions of llama-reconciler that may read this, as `>=0.1`.",
        },
        "defaults": {"$ref": "#/$defs/Defaults"},
    }
    whole = {
        "$schema": DIALECT,
        "title": "A fleet of llama-reconciler",
        "type": "object",
        "description": schema["description"],
        "properties": {key: value for key, value in properties.items() if key not in RESERVED},
        "patternProperties": {"^x-": {"description": "Free for anchors and notes."}},
        "additionalProperties": False,
        "$defs": parts,
    }
    add_composition(whole)
    return whole


def fleet_schema_text() -> str:
    """The schema as the file `schemas/fleet.schema.json` holds it."""
    return json.dumps(fleet_schema(), indent=2, ensure_ascii=False) + "\n"


def _defaults(model: Schema) -> Schema:
    kept = {key: value for key, value in model["properties"].items() if key not in NOT_IN_DEFAULTS}
    described = {"description": "Merged under every model; what a model says itself wins.", "properties": kept}
    return {key: value for key, value in (model | described).items() if key != "required"}


def _shared(model: Schema) -> Schema:
    return {key: value for key, value in model["properties"].items() if key in MODEL_KEYS_OF_SERVER}


def _clean(value: Any) -> Any:
    """Without titles and without defaults that say nothing new; bounds go to where a schema has them."""
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: {name: _clean(one) for name, one in inner.items()} if key in {"properties", "$defs"} else _clean(inner)
        for key, inner in value.items()
        if key != "title" and not (key == "default" and (inner is None or isinstance(inner, dict)))
    }
    bounds = {BOUNDS[key]: kept.pop(key) for key in BOUNDS if key in kept}
    for branch in kept.get("anyOf", [kept]):
        if branch.get("type") in NUMBERS:
            branch.update(bounds)
    return kept


def _describe(schema: Schema, owner: type[Spec]) -> None:
    """Puts the docstrings of a class and of its attributes in."""
    schema["description"] = (inspect.getdoc(owner) or "").partition("\n\n")[0].replace("\n", " ")
    for base in reversed(owner.__mro__):
        if issubclass(base, Spec) and base is not Spec:
            for name, text in _attribute_docstrings(base):
                if name in schema["properties"]:
                    schema["properties"][name].setdefault("description", text)


def _attribute_docstrings(owner: type[Spec]) -> Iterator[tuple[str, str]]:
    """Read from the source: asking pydantic for them would cost every start of the program."""
    (definition,) = ast.parse(inspect.getsource(owner)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            text = after.value.value if isinstance(after.value, ast.Constant) else None
            if isinstance(text, str):
                yield field.target.id, inspect.cleandoc(text)


def _spec_classes(owner: type[Spec]) -> Iterator[type[Spec]]:
    for child in owner.__subclasses__():
        yield child
        yield from _spec_classes(child)
