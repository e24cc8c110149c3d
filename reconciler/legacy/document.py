"""
A configuration as text: entries with comments, in the style of `reconcile fmt`.

Written here and not by a YAML library: what is written is small, comments have to stand exactly where they belong, and
the text is read back by our own reader before anybody gets it.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.domain.frozen import frozen

_PLAIN = re.compile(r"[^\W\d_~/][\w/.+-]*( [\w/.+-]+)*|[~]?/[\w/.+-]*( [\w/.+-]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What some reader or other takes for something else than a text."""

_DIGITS_ALONE = re.compile(r"[\d_.,:eExXoO+-]+|[+-]?\.(inf|nan)", re.IGNORECASE)


@frozen
class Entry:
    """
    A key with its value, which is a mapping when it is a tuple of entries.

    Attributes:
        above: comments on lines of their own, before the key.
        beside: a comment behind the value.
        below: comments at the end of a mapping, within it.
    """

    key: str
    value: Any
    above: tuple[str, ...] = ()
    beside: str = ""
    below: tuple[str, ...] = ()


def text_of(
    entries: Sequence[Entry],
    *,
    head: Iterable[str] = (),
    end: Iterable[str] = (),
    said: Callable[[str], str] = str,
) -> str:
    """
    The whole file; top-level mappings stand apart.

    Args:
        said: what every comment goes through.
    """
    parts = ["".join(f"{_comment(said(one))}\n" for one in head)]
    small = ""
    for entry in entries:
        block = "".join(f"{one}\n" for one in _lines(entry, 0, said))
        if isinstance(entry.value, tuple):
            parts += [small, block]
            small = ""
        else:
            small += block
    parts += [small, "".join(f"{_comment(said(one))}\n" for one in end)]
    return "\n".join(filter(None, parts))


def tree_of(entries: Iterable[Entry]) -> dict[str, Any]:
    """What a reader must find in the text, before variables are replaced."""
    return {
        entry.key: tree_of(entry.value) if isinstance(entry.value, tuple) else _escaped(entry.value)
        for entry in entries
    }


def _lines(entry: Entry, indent: int, said: Callable[[str], str]) -> Iterator[str]:
    blank = " " * indent
    yield from (blank + _comment(said(one)) for one in entry.above)
    beside = f"  {_comment(said(entry.beside))}" if entry.beside else ""
    if isinstance(entry.value, tuple) and entry.value:
        yield f"{blank}{_scalar(entry.key)}:{beside}"
        for index, one in enumerate(entry.value):
            if index and one.above:
                # What has a comment of its own stands apart.
                yield ""
            yield from _lines(one, indent + 2, said)
        yield from (f"{blank}  {_comment(said(one))}" for one in entry.below)
    else:
        value = {} if isinstance(entry.value, tuple) else _escaped(entry.value)
        yield f"{blank}{_scalar(entry.key)}: {_flow(value)}{beside}"
        yield from (blank + _comment(said(one)) for one in entry.below)


def _comment(said: str) -> str:
    """One line, whatever is in it."""
    plain = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in said)
    return f"# {plain}".rstrip()


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_scalar(str(key))}: {_flow(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return _scalar(value)
    return json.dumps(value)


def _scalar(said: str) -> str:
    """A text without quotes where every reader takes it for that text."""
    is_word = said.lower() in _WORDS or _DIGITS_ALONE.fullmatch(said)
    if _PLAIN.fullmatch(said) and said.isprintable() and not is_word:
        return said
    quoted = json.dumps(said, ensure_ascii=False)
    return "".join(one if one.isprintable() else _escape(one) for one in quoted)


def _escape(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"  # noqa: PLR2004 - the widths of YAML


def _escaped(value: Any) -> Any:
    """Nothing of what was stored is a variable of the language."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list | tuple) else value
