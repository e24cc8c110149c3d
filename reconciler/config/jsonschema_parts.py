"""What composition adds to the JSON Schema: `include`, `profiles`, `variables`, and `${…}` in place of a number."""

from typing import Any

from reconciler.config.profiles import NOT_IN_PROFILES
from reconciler.config.variables import NAME

Schema = dict[str, Any]

SUBSTITUTED = {"$ref": "#/$defs/Substituted"}
REFERENCE = r"\$\{[^{}]+\}"
WORDS = {"integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
OF_VALUES = ("type", "enum", "const")

INCLUDE: Schema = {
    "description": "Files that belong to this one: paths, directories and patterns such as `models/*.yaml`, "
    "relative to the file that says them.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}],
    "examples": [["models/*.yaml"]],
}
VARIABLES: Schema = {
    "type": ["object", "null"],
    "description": "Texts for `${NAME}` in values; `--var NAME=VALUE` wins. `null` is one that must be given.",
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    "propertyNames": {"pattern": f"^{NAME.pattern}$"},
    "examples": [{"ctx": 32768}],
}
PROFILES: Schema = {
    "type": ["object", "null"],
    "description": "Parts by name that `--profile NAME` lays over the rest: mappings are merged, `null` takes away.",
    "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Profile"}, {"type": "null"}]},
}


def add_composition(schema: Schema) -> None:
    """Puts all of it into the schema of a fleet."""
    parts, properties = schema["$defs"], schema["properties"]
    properties |= {"include": INCLUDE, "variables": VARIABLES, "profiles": PROFILES}
    model = parts["ModelSpec"]
    parts["ModelPart"] = {key: value for key, value in model.items() if key not in {"required", "anyOf"}} | {
        "description": "What a profile says of a model, which is whole somewhere else or here."
    }
    parts["Profile"] = {
        "type": "object",
        "description": "Sections that are laid over those of the files.",
        "additionalProperties": False,
        "properties": {key: _nullable(one) for key, one in properties.items() if key not in NOT_IN_PROFILES},
    }
    parts["Profile"]["properties"]["defaults"]["description"] = "Laid over `defaults`, before models inherit."
    parts["Profile"]["properties"]["models"] = {
        "type": ["object", "null"],
        "description": "Settings of models by name; `null` takes a model away.",
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/ModelPart"}, {"type": "null"}]},
    }
    fixed = {"version", "include", "profiles"}
    schema["properties"] = {key: one if key in fixed else _open(one) for key, one in properties.items()}
    schema["$defs"] = {name: _open(part) for name, part in sorted(parts.items())}
    schema["$defs"]["Substituted"] = {
        "type": "string",
        "description": "A text with `${NAME}` or `${env:NAME}`; without quotes the result may be a number.",
        "pattern": REFERENCE,
    }


def take_nothing(schema: Schema) -> None:
    """`null` says of any key that it is not written; only a model is there or not."""
    fixed = {"version", "fleet", "path"}
    for part in (schema, *schema["$defs"].values()):
        for key, one in part["properties"].items():
            if key not in fixed and "$ref" not in one:
                part["properties"][key] = _nullable(one)
    for name, part in schema["$defs"].items():
        if name != "ModelSpec":
            # Here and not beside each `$ref`: editors complain of every branch that does not fit.
            part["type"] = ["object", "null"]


def _nullable(one: Schema) -> Schema:
    if "type" in one and not {"enum", "const"} & one.keys():
        return one | {"type": list(dict.fromkeys([*_kinds(one), "null"]))}
    if "anyOf" in one and {"type": "null"} not in one["anyOf"]:
        return one | {"anyOf": [*one["anyOf"], {"type": "null"}]}
    if "anyOf" in one or None in one.get("enum", []):
        return one
    if "enum" in one:
        return {key: value for key, value in one.items() if key != "type"} | {"enum": [*one["enum"], None]}
    described = {key: value for key, value in one.items() if key == "description"}
    return {"anyOf": [{key: value for key, value in one.items() if key != "description"}, {"type": "null"}]} | described


def _open(schema: Any) -> Any:
    """The schema with `${…}` taken wherever only some texts, or none, would be."""
    if not isinstance(schema, dict):
        return schema
    opened = {key: _inside(key, value) for key, value in schema.items()}
    if "anyOf" in opened:
        branches = opened["anyOf"]
        if any(map(_is_scalar, branches)) and not any(map(_takes_any_text, branches)):
            opened["anyOf"] = [*branches, SUBSTITUTED]
    elif "enum" in opened or "const" in opened:
        own = {key: opened.pop(key) for key in OF_VALUES if key in opened}
        opened = {"anyOf": [own, SUBSTITUTED]} | opened
    elif "pattern" in opened:
        opened["pattern"] = f"({opened['pattern']})|{REFERENCE}"
    elif _is_scalar(opened) and not _takes_any_text(opened):
        words = [WORDS[kind] for kind in _kinds(opened) if kind in WORDS]
        opened |= {
            "type": [*_kinds(opened), "string"],
            "pattern": REFERENCE,
            "patternErrorMessage": f"Expected {' or '.join(words)}.",
        }
    return opened


def _inside(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _open(one) for name, one in value.items()}
    if key == "anyOf":
        return [one if _is_scalar(one) else _open(one) for one in value]
    return _open(value) if key in {"items", "additionalProperties"} else value


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _is_scalar(schema: Schema) -> bool:
    return bool({"string", *WORDS} & set(_kinds(schema))) or "enum" in schema or "const" in schema


def _takes_any_text(schema: Schema) -> bool:
    return "string" in _kinds(schema) and not schema.keys() & {"enum", "const", "pattern"}
