"""A configuration as YAML that means the same when it is read again, or as JSON; with who said what if asked for."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from reconciler.domain.diagnostic import Position
from reconciler.domain.said import Said, Tree
from reconciler.render.layout import Line, Span, Style, line
from reconciler.render.problems import place

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+@%-]*|[0-9]+(?:[kKmMgG%]|[kKMG]i?B|ms|[smh])|[0-9]+-[0-9]+")
"""Texts that need no quotes, whichever version of YAML reads them."""

WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
"""What JSON leaves as it is and YAML does not take, or takes for the end of a line."""


def configuration_text(tree: Tree, *, origin: bool) -> Iterator[Line]:
    """YAML in block form; with `origin` each value's line ends with its place as a comment."""
    return _lines(tree, "", origin=origin)


def configuration_json(tree: Tree, *, origin: bool) -> dict[str, Any]:
    """Plain values; with `origin` each is an object of value, file, line and column."""
    return {key: _json(value, origin=origin) for key, value in tree.items()}


def _lines(tree: Tree, indent: str, *, origin: bool) -> Iterator[Line]:
    for key, value in tree.items():
        head = f"{indent}{_text(key)}:"
        if isinstance(value, Said):
            comment = Span(f"  # {_where(value)}" if origin else "", Style.DIM)
            yield line(f"{head} {_flow(value.value)}", comment)
        else:
            yield line(head)
            yield from _lines(value, f"{indent}  ", origin=origin)


def _where(said: Said) -> str:
    """The line, and behind it the variables that gave the value there."""
    variables = (f"{name} from {one if isinstance(one, str) else _line(one)}" for name, one in said.variables)
    return ", ".join((_line(said.position), *variables))


def _line(position: Position | None) -> str:
    return place(position).rpartition(":")[0] if position and position.line else "?"


def _flow(value: Any) -> str:
    """A value on one line."""
    match value:
        case str():
            return _text(_escaped(value))
        case float() if not math.isfinite(value):
            return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
        case list() | tuple():
            return f"[{', '.join(map(_flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{_text(key)}: {_flow(inner)}' for key, inner in value.items())}}}"
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _json(value: Tree | Said, *, origin: bool) -> Any:
    if not isinstance(value, Said):
        return configuration_json(value, origin=origin)
    plain = _escaped(value.value)
    if not origin:
        return plain
    where = value.position
    known = {"file": where.file, "line": where.line, "column": where.column} if where else {}
    variables = {name: one if isinstance(one, str) else place(one) for name, one in value.variables}
    return {"value": plain, **known} | ({"variables": variables} if variables else {})


def _escaped(value: Any) -> Any:
    """Texts are not replaced a second time when somebody reads them back."""
    match value:
        case str():
            return value.replace("${", "$${")
        case list() | tuple():
            return [_escaped(one) for one in value]
        case dict():
            return {key: _escaped(one) for key, one in value.items()}
        case _:
            return value
