"""Problems of shape and type in our words: what was expected, what is there, and the edit that mends it."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from reconciler.config.edits import QUOTED, Edit
from reconciler.config.habits import HUMP, known_as, own_path, without_value
from reconciler.config.keys import (
    NOT_IN_DEFAULTS,
    RESERVED,
    allowed_keys,
    home_of,
    is_secret,
    may_be_secret,
    normal,
    secret_of,
)
from reconciler.config.node import Path
from reconciler.config.problem import WITHOUT_QUOTES, Problem, dotted
from reconciler.config.scalars import BadScalarError, plain
from reconciler.config.text import SECRET_KEY, printable
from reconciler.spec.registry import all_settings
from reconciler.spec.sources import tells_a_secret

EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "`true` or `false`",
    "string_type": "a text",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "string_too_short": "at least {min_length} character",
    "too_short": "at least {min_length} item",
}
OUT_OF_RANGE = frozenset(
    {
        "finite_number",
        "greater_than",
        "greater_than_equal",
        "less_than",
        "less_than_equal",
        "string_too_short",
        "too_short",
    }
)
SWITCHES = {"on": "true", "yes": "true", "true": "true", "off": "false", "no": "false", "false": "false"}
"""Words that YAML 1.1 took for booleans, and those that somebody put in quotes."""

ITEM = re.compile(r"[\w./:-]+")
"""What is one item for certain."""

BARE_ITEM = re.compile(r"[\w./]([\w./:-]*[\w./-])?")
"""What can stand in a list without quotes."""

MODEL = ("models", "")
FLAGS_FORM = "write a mapping: `{ --flag: value, --switch: true }`"
MANY_KEYS = 16
MAX_NAMES = 2_000
MOST_GUESSES = 20
"""How often it is worth the time to look for the nearest of so many names."""

WRITTEN_AS = {
    "int_type": "write a whole number, such as `4096`",
    "float_type": "write a number, such as `0.7`",
    "bool_type": "write `true` or `false`",
}
EXAMPLES = {
    "version": "add `version: 1`",
    "fleet": "add `fleet: NAME`, such as `fleet: homelab`",
}

Failure = Mapping[str, Any]
"""One error of the validator: `type`, `ctx`, and `msg`."""

WayOut = tuple[str, Edit | None]
"""A hint, and the edit where there is one."""


def describe(value: Any) -> str:
    """What a file says, in a few words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f"the text `{printable(value)}`" if value else "an empty text"
        case int() | float():
            return f"`{printable(repr(value))}`"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "a mapping"


def unknown_key(path: Path, section: Path) -> Problem:
    """A key that does not stand in the spec; `section` is the path as the file has it."""
    if is_secret(path):
        # The key may be the secret.
        return literal_secret(path)
    key = str(path[-1])
    if key in RESERVED:
        return _reserved(path)
    allowed = allowed_keys(section)
    where = f" in `{printable(dotted(section), 200)}`" if section else ""
    detail = f"expected one of {_listed(allowed)}" if 0 < len(allowed) <= MANY_KEYS else ""
    hint, edit = _key_way_out(key, section, allowed)
    return Problem(
        code="E0204",
        summary=f"unknown key `{printable(key)}`{where}",
        path=path,
        detail=detail,
        hint=hint,
        edit=edit,
        at_key=True,
    )


def nearest(name: str, known: Collection[str]) -> str:
    """The most similar name, if one is; among very many nobody looks, which would take long."""
    near = difflib.get_close_matches(name, known, 1) if len(known) <= MAX_NAMES else ()
    return near[0] if near else ""


def missing_key(path: Path) -> Problem:
    """A key that must be there."""
    key = str(path[-1])
    where = f" in `{printable(dotted(path[:-1]), 200)}`" if path[:-1] else ""
    return Problem(
        code="E0205",
        summary=f"`{key}` is missing{where}",
        path=path,
        hint=EXAMPLES.get(key, f"add `{key}:`"),
        at_key=True,
    )


def literal_secret(path: Path) -> Problem:
    """A secret that was written out, or a reference that is none. The value appears nowhere."""
    path = secret_of(path)
    key = path[-1]
    return Problem(
        code="E0207",
        summary=f"`{key}` must say where the secret is, and never the secret itself",
        path=path,
        detail="expected exactly one of `{ env: NAME }` and `{ file: PATH }`",
        hint=f"write `{key}: {{ env: NAME }}`, and give the value in that environment variable",
        secret=True,
    )


def secret_in_address(path: Path) -> Problem:
    """A password or token within an address. The value appears nowhere."""
    return Problem(
        code="E0207",
        summary=f"`{path[-1]}` carries a password or a token, which everybody on the host could read",
        path=path,
        detail="expected an address without them",
        hint="take them out; Hugging Face takes a token by `hf:` and `server.hf_token`",
        secret=True,
    )


def bad_name(path: Path, message: str, *, at_key: bool) -> Problem:
    """A name that llama-server could not carry."""
    summary, _, reason = message.partition(": ")
    return Problem(
        code="E0302",
        summary=printable(summary, 160),
        path=path,
        detail=reason,
        hint="choose another name",
        at_key=at_key,
    )


def bad_value(path: Path, value: Any, failures: list[Failure]) -> Problem:
    """A value that is of another type, out of range, or none of a few words; several failures are one union."""
    if may_be_secret(path) or (isinstance(value, str) and _tells_a_secret(value)):
        return _hidden_value(path, value, failures)
    # A path was made absolute, and stands otherwise in the file.
    setting = all_settings().get(dotted(own_path(tuple(part for part in path if isinstance(part, str)))))
    is_moved = isinstance(value, str) and setting is not None and setting.info.is_path
    described = "a text" if is_moved else describe(value)
    stated = next((_own_words(one) for one in failures if one["type"] == "value_error"), None)
    expected = stated or f"expected {', or '.join(dict.fromkeys(_expected(one) for one in failures))}, got {described}"
    row = _row(value) if setting is not None and setting.many and not is_moved else ""
    hint, edit = (
        (f"write a list: `{row}`", Edit(written=value, replacement=row)) if row else _value_way_out(value, failures)
    )
    if path[-1:] == ("extra_args",):
        hint, edit = FLAGS_FORM, None
    return Problem(
        code=_code(failures),
        summary=f"{_subject(path)} cannot be {described}",
        path=path,
        detail=expected,
        hint=hint,
        edit=edit,
    )


def _hidden_value(path: Path, value: Any, failures: list[Failure]) -> Problem:
    """The same of a value that may be a secret, or may have one in it: its kind, and nothing that was made of it."""
    kind = {str: "a text", bool: "`true` or `false`", int: "a number", float: "a number"}
    expected = ", or ".join(dict.fromkeys(_expected(one) for one in failures if one["type"] != "value_error"))
    return Problem(
        code=_code(failures),
        summary=f"{_subject(path)} cannot be {kind.get(type(value)) or describe(value)}",
        path=path,
        detail=f"expected {expected}; the value is not shown, as it may be a secret" if expected else "",
        hint=FLAGS_FORM if path[-1:] == ("extra_args",) else "",
        secret=True,
    )


def _tells_a_secret(text: str) -> bool:
    return tells_a_secret(text) or SECRET_KEY.search(text) is not None


def _subject(path: Path) -> str:
    last = path[-1] if path else "the file"
    return f"item {last + 1} of {_subject(path[:-1])}" if isinstance(last, int) else f"`{printable(last)}`"


def _reserved(path: Path) -> Problem:
    key = str(path[-1])
    summary = f"`{key}` is reserved for a later version"
    return Problem(code="E0208", summary=summary, path=path, hint=f"remove `{key}`", at_key=True)


def _key_way_out(key: str, section: Path, allowed: tuple[str, ...]) -> WayOut:
    if section == ("defaults",) and key in NOT_IN_DEFAULTS:
        return f"write `{key}` in each model: it must differ from model to model", None
    if name := known_as(key, section, allowed):
        return f"write `{name}`", Edit(written=key, replacement=name, is_text=True)
    if way := without_value(key, section, allowed):
        return way, None
    name = normal(HUMP.sub("_", key))
    near = difflib.get_close_matches(name, allowed, 1, 0.75)
    if not near and (home := _home(name, section)):
        return f"`{name}` belongs {home}", None
    if guess := near or difflib.get_close_matches(normal(key), allowed, 1, 0.5):
        return _guess(key, guess[0])
    return f"remove `{printable(key)}`" if section else f"remove it, or call it `x-{printable(key)}`", None


def _home(name: str, section: Path) -> str:
    """Where a key belongs that has another section."""
    home = home_of(name, section)
    if home:
        return f"in `{home}`"
    return "directly in the model" if home == "" or name in allowed_keys(MODEL) else ""


def _guess(written: str, word: str) -> WayOut:
    return f"did you mean `{word}`?", Edit(written=written, replacement=word, is_text=_is_text(word), certain=False)


def _is_text(word: str) -> bool:
    return isinstance(plain(word), str)


def _code(failures: list[Failure]) -> str:
    kinds = {str(one["type"]) for one in failures}
    if kinds & OUT_OF_RANGE:
        return "E0202"
    if kinds == {"literal_error"}:
        return "E0203"
    return "E0206" if "value_error" in kinds else "E0201"


def _expected(failure: Failure) -> str:
    if failure["type"] == "literal_error":
        return _either(_words(failure))
    template = EXPECTED.get(str(failure["type"]))
    return template.format(**failure.get("ctx", {})) if template else "another value"


def _own_words(failure: Failure) -> str:
    """The spec's own validators say both sides themselves."""
    return printable(str(failure["ctx"]["error"]), 200)


def _words(failure: Failure) -> list[str]:
    return re.findall(r"[^\s,']+(?=[,']|$|\s)", str(failure["ctx"]["expected"]).replace(" or ", ", "))


def _value_way_out(value: Any, failures: list[Failure]) -> WayOut:
    kinds = {str(one["type"]) for one in failures}
    words = [word for one in failures if one["type"] == "literal_error" for word in _words(one)]
    if isinstance(value, bool) and {"on", "off"} <= set(words):
        word = "on" if value else "off"
        return f"write `{word}`", Edit(written=str(value), replacement=word, is_text=True)
    if isinstance(value, str):
        return _text_way_out(value.strip(), kinds, words)
    if kinds == {"string_type"} and isinstance(value, int | float):
        return f'put it in quotes: `"{str(value).lower() if isinstance(value, bool) else value}"`', QUOTED
    return "", None


def _text_way_out(value: str, kinds: set[str], words: list[str]) -> WayOut:
    if word := next((one for one in words if normal(one) == normal(value)), None):
        return f"write `{word}`", Edit(written=value, replacement=word, is_text=_is_text(word))
    if near := difflib.get_close_matches(value, words, 1):
        return _guess(value, near[0])
    if _is_number(value, kinds):
        return f"{WITHOUT_QUOTES}: {value}", Edit(written=value, replacement=value)
    if kinds == {"tuple_type"}:
        edit = Edit(written=value, replacement=_list([value])) if ITEM.fullmatch(value) else None
        return f"write a list: `{_list([value])}`", edit
    if kinds == {"bool_type"} and (switch := SWITCHES.get(value.lower())):
        return f"write `{switch}`", Edit(written=value, replacement=switch)
    return next((example for kind, example in WRITTEN_AS.items() if kind in kinds), ""), None


def _row(value: Any) -> str:
    """A row of words in one text, as llama-server takes it, as the list that is meant."""
    parts = re.split(r"\s*[,;]\s*", value) if isinstance(value, str) else []
    return _list(parts) if len(parts) > 1 and all(map(ITEM.fullmatch, parts)) else ""


def _list(items: list[str]) -> str:
    return f"[{', '.join(one if _is_bare(one) else _quoted(one) for one in items)}]"


def _is_bare(item: str) -> bool:
    """Whether it is the same text or a number without quotes."""
    try:
        meant = plain(item)
    except BadScalarError:
        return False
    return (
        BARE_ITEM.fullmatch(item) is not None and isinstance(meant, str | int | float) and not isinstance(meant, bool)
    )


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


def _is_number(value: str, kinds: set[str]) -> bool:
    try:
        number = plain(value)
    except BadScalarError:
        return False
    wanted = {int: {"int_type", "float_type"}, float: {"float_type"}}
    return bool(kinds & wanted.get(type(number), set()))


def _either(words: list[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys)
