"""The reference of all settings, read off the spec: docs/settings.md."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from reconciler.llama.excluded import EXCLUDED
from reconciler.spec.base import Spec, fields
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.registry import Setting, all_settings
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import json_schema
from reconciler.spec.values import WHOLE_MAX

INTRODUCTION = """\
# Settings

<!-- Written by `make generated`. -->

Every setting of llama-server. One that is not written is not passed: its default is llama-server's own, and stands
here to be read only. Settings of a model may also stand under `defaults`, or under `server` for the whole fleet.
Numbers of tokens may be written as `32k`, times as `10m`, sizes as `8GiB`, `true` and `false` also as `on` and `off` or
`yes` and `no`, and a list of one as the item alone. Whole numbers end at 2147483647 unless their range is given. Paths
are relative to the file that says them. `reconcile flags` lists the flags of the build at hand, each with its setting.
"""
PATTERN = "text like"
LIST = "list of"
PLACES = {
    "": "Directly under a model",
    **{section: f"`{section}` of a model" for section in SECTIONS},
    "server": "`server`: every process",
    "router": "`router`: its own process",
}


def settings_markdown() -> str:
    """The whole document."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    for place, title in PLACES.items():
        yield from (f"## {title}", "", "| setting | value | default | what it does | flags |", "|---|---|---|---|---|")
        yield from (_row(one) for path, one in all_settings().items() if path.rpartition(".")[0] == place)
        yield ""
    yield from ("## Flags without a setting", "", "| flag | why |", "|---|---|")
    yield from (f"| `{flag}` | {_cell(reason)} |" for flag, reason in EXCLUDED.items())
    yield ""


def _row(setting: Setting) -> str:
    value = _value(_schema(setting.path)) + (f" {setting.info.unit}" if setting.info.unit else "")
    flags = " ".join(f"`{flag}`" for flag in dict.fromkeys(one.flag for one in setting.spellings))
    name = setting.path.rpartition(".")[2]
    return f"| `{name}` | {_cell(value)} | {_cell(setting.info.default)} | {_cell(setting.info.help)} | {flags} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _schema(path: str) -> dict[str, Any]:
    owner: Any = ModelSpec
    *sections, name = path.split(".")
    for section in sections:
        owner = {"server": ServerSpec, "router": RouterSpec}.get(section) or fields(owner)[section].kind
    found: dict[str, Any] = _properties(owner)[name]
    return found


@cache
def _properties(owner: type[Spec]) -> dict[str, Any]:
    found: dict[str, Any] = json_schema(owner)["properties"]
    return found


def _value(schema: dict[str, Any]) -> str:
    kinds = [_kind(one) for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    # A number that may be written with a unit is a number first.
    plain = [one for one in kinds if not one.startswith(PATTERN)] or kinds
    # So is a list that may be written as its one item.
    lists = [one for one in plain if one.startswith(LIST)]
    return " or ".join(dict.fromkeys(lists or plain))


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return _value(schema)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if (kind := schema.get("type")) == "array":
        item = _value(schema["items"])
        # What the setting is for says the form of its items.
        return f"{LIST} {'text' if item.startswith(PATTERN) else item}"
    if kind == "string" and "pattern" in schema:
        return f"{PATTERN} `{schema['pattern']}`"
    words = {"boolean": "`true`, `false`", "integer": "whole number", "number": "number", "object": "mapping"}
    return words.get(kind or "", "text") + _range(schema)


def _range(schema: dict[str, Any]) -> str:
    low, above, high = (schema.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    low, high = schema.get("ge", low), None if high == WHOLE_MAX else high
    if above is not None:
        return f" above {above}"
    if low is not None and high is not None:
        return f" {low} to {high}"
    return f" from {low}" if low is not None else f" to {high}" if high is not None else ""
