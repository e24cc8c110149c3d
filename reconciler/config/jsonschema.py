"""The JSON Schema of a fleet file, for editors: from the spec, with its docstrings as descriptions."""

import ast
import inspect
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any

from reconciler.config.jsonschema_parts import add_composition, take_nothing
from reconciler.config.keys import MODEL_KEYS_OF_SERVER, NOT_IN_DEFAULTS, RESERVED, spec_class
from reconciler.config.version import CLAUSE
from reconciler.spec.base import Spec
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import MAX_NAME, ModelSpec
from reconciler.spec.policy import SafetySpec
from reconciler.spec.registry import Setting, all_settings
from reconciler.spec.router import RouterSpec
from reconciler.spec.secret import SecretRef
from reconciler.spec.server import ServerSpec
from reconciler.spec.sources import SOURCES
from reconciler.spec.validating import json_schema

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
NAME = {
    "pattern": rf"^(?!\*$)[^\s\]]([^\]]{{0,{MAX_NAME - 2}}}[^\s\]])?$",
    "patternErrorMessage": "Expected a name without ] and without blanks at its edges.",
}
NUMBERS = frozenset({"integer", "number"})
EXAMPLES: dict[str, list[Any]] = {
    "api_key": [{"env": "LLAMA_API_KEY"}],
    "env": [{"CUDA_VISIBLE_DEVICES": "1"}],
    "extra_args": [{"--some-new-flag": "value"}],
    "hf_token": [{"env": "HF_TOKEN"}],
    "ports": ["8100-8199"],
}
"""How a key is written whose type does not show it; values with a unit bring their own."""


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
            "pattern": f"^{CLAUSE.pattern}(,{CLAUSE.pattern})*$",
            "patternErrorMessage": "Expected comparisons with a version, such as >=0.1 or >=0.1,<2.",
            "description": "Versions of llama-reconciler that may read this.",
            "examples": [">=0.1"],
        },
        "defaults": {"$ref": "#/$defs/Defaults"},
    }
    whole = {
        "$schema": DIALECT,
        "title": "llama-reconciler",
        "type": "object",
        "description": schema["description"],
        "properties": {key: value for key, value in properties.items() if key not in RESERVED},
        "patternProperties": {"^x-": {"description": "Free for anchors and notes."}},
        "additionalProperties": False,
        "$defs": parts,
    }
    _name(whole)
    take_nothing(whole)
    add_composition(whole)
    return whole


def fleet_schema_text() -> str:
    """The schema as the file `schemas/fleet.schema.json` holds it."""
    return json.dumps(fleet_schema(), indent=2, ensure_ascii=False) + "\n"


def _name(schema: Schema) -> None:
    """What a name may be, as far as a pattern can say it."""
    model = schema["$defs"]["ModelSpec"]["properties"]
    for one in (schema["properties"]["fleet"], model["moved_from"], model["aliases"]["items"]):
        one.update(NAME)
    schema["properties"]["models"]["propertyNames"] = {"pattern": NAME["pattern"]}


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


def _one_branch(schema: Schema) -> None:
    """
    Alternatives of different types as one: editors show the words of each branch beside each other, and complain of
    all but one. A keyword such as `minimum` speaks of its own type alone, so that nothing is lost.
    """
    if isinstance(schema.get("items"), dict):
        _one_branch(schema["items"])
    branches = list(_flat(schema))
    if branches:
        schema["anyOf"] = branches
    plain = [one for one in branches if isinstance(one.get("type"), str) and not {"enum", "const"} & one.keys()]
    words = [one for one in branches if "enum" in one or "const" in one]
    null = {"type": "null"}
    if len(words) == 1 and branches in ([words[0], null], [null, words[0]]):
        del schema["anyOf"]
        schema["enum"] = [*words[0].get("enum", [words[0].get("const")]), None]
    elif len(plain) == len(branches) > 1 and len({one["type"] for one in plain}) == len(plain):
        del schema["anyOf"]
        for one in plain:
            schema |= {key: value for key, value in one.items() if key not in {"type", "examples"}}
        schema["type"] = [one["type"] for one in plain]
    if examples := [example for one in branches for example in one.pop("examples", [])]:
        schema.setdefault("examples", examples)
        if "pattern" in schema and "boolean" not in schema["type"]:
            # A keyword of editors alone: nobody wants to read the pattern.
            number = ", or a number" if {"integer", "number"} & set(schema["type"]) else ""
            schema["patternErrorMessage"] = f"Expected a text such as {' or '.join(examples)}{number}."


def _flat(schema: Schema) -> Iterator[Schema]:
    for one in schema.get("anyOf", []):
        if "anyOf" in one:
            yield from _flat(one)
        else:
            yield one


def _typed(text: str, schema: Schema) -> Any:
    """A default as a value of the file; nothing when it is a sentence, or a word of llama-server's own."""
    kinds, words = schema.get("type", []), schema.get("enum", [])
    if text in words:
        return text
    if "boolean" in kinds:
        return {"on": True, "off": False}.get(text)
    if "integer" in kinds or "number" in kinds:
        with suppress(ValueError):
            return json.loads(text)
    return None


def _explain(schema: Schema, setting: Setting) -> None:
    """What a reader of the file wants to know: unit, the default that is llama-server's own, and its flag."""
    info = setting.info
    facts = [f"unit: {info.unit}"] if info.unit else []
    if info.default:
        facts.append(f"llama-server's own default: {info.default}")
    flags = dict.fromkeys(one.flag for one in setting.spellings)
    facts.append(", ".join(f"`{flag}`" for flag in flags))
    schema["title"] = setting.path
    if (default := _typed(info.default, schema)) is not None:
        schema["default"] = default
    schema["description"] = f"{info.help}\n\n({'; '.join(facts)})"


def _describe(schema: Schema, owner: type[Spec]) -> None:
    """Puts the docstrings of a class and of its attributes in."""
    schema["description"] = (inspect.getdoc(owner) or "").partition("\n\n")[0].replace("\n", " ")
    for name, inner in schema["properties"].items():
        _one_branch(inner)
        if name in EXAMPLES and owner is not SecretRef:
            inner["examples"] = EXAMPLES[name]
        if setting := _settings().get((owner, name)):
            _explain(inner, setting)
    for base in reversed(owner.__mro__):
        if issubclass(base, Spec) and base is not Spec:
            for name, text in _attribute_docstrings(base):
                if name in schema["properties"]:
                    schema["properties"][name].setdefault("description", text)


@cache
def _settings() -> dict[tuple[object, str], Setting]:
    found: dict[tuple[object, str], Setting] = {}
    for path, setting in all_settings().items():
        section, _, name = path.rpartition(".")
        own = {"server": ServerSpec, "router": RouterSpec, "": ModelSpec}.get(section)
        if owner := own or spec_class(("defaults", section)):
            found[owner, name] = setting
    return found


def _attribute_docstrings(owner: type[Spec]) -> Iterator[tuple[str, str]]:
    """Read from the source: Python keeps none of an attribute."""
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
