"""
A command line read back into settings: what a process that runs already was started with.

The inverse of `command`, and more: it takes every spelling that the build knows, in any order, so that a process that
a person started can be compared with what is declared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.llama.arguments import setting_of
from reconciler.llama.argv import SECRETS
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.registry import Setting
from reconciler.spec.setting import Form, Spelling
from reconciler.spec.sources import REMOTE, tells_a_secret

OURS = {"--host": "host", "--port": "port", "--alias": "alias", "--model": "model"}
SILENT = frozenset({"--metrics", "--log-colors", "--models-preset", "--log-file"})
"""Flags of ours that say nothing about what is served."""


@frozen
class ReadArgv:
    """
    What a command line says.

    Attributes:
        settings: values by the path of their setting (`memory.ctx_size`, `server.timeout`).
        unknown: flags that have no setting, by their newest spelling; `True` is a bare flag, a tuple a repeated one.
            Secrets are left out.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    model_path: str | None = None
    host: str | None = None
    port: int | None = None
    aliases: tuple[str, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str | None:
        """The file as a source; one that is downloaded only names the place that the download goes to."""
        return None if self.settings.keys() & set(REMOTE) else self.model_path


def read_argv(argv: Sequence[str], catalogue: Catalogue) -> ReadArgv:
    """Reads a command line; `argv[0]` is the program. The last word wins where llama-server lets it win."""
    settings: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    own: dict[str, str] = {}
    for flag, value in _pairs(argv[1:], catalogue):
        name = canonical(flag, catalogue)
        if name in OURS:
            own[OURS[name]] = value or ""
        elif said := setting_of(flag, catalogue):
            setting, spelling = said
            read = _read(setting, spelling, flag, value, catalogue)
            repeated = spelling.form is Form.REPEATED and setting.path in settings
            settings[setting.path] = (*settings[setting.path], *read) if repeated else read
        elif name not in SILENT and flag not in SECRETS and not tells_a_secret(value or ""):
            unknown[name] = _added(unknown.get(name), True if value is None else value)
    port = own.get("port", "")
    return ReadArgv(
        settings=settings,
        model_path=own.get("model"),
        host=own.get("host"),
        port=int(port) if port.isdigit() else None,
        aliases=tuple(filter(None, own.get("alias", "").split(","))),
        unknown=unknown,
    )


def canonical(flag: str, catalogue: Catalogue) -> str:
    """The newest spelling of a flag; a negative one stays what it is."""
    entry = catalogue.entry(flag)
    return flag if entry is None or flag in entry.negatives else _own_name(entry.flag, entry.aliases)


def _own_name(flag: str, aliases: Sequence[str]) -> str:
    """By the spelling that this project speaks of, whichever the build lists first."""
    return next((one for one in aliases if one in OURS or one in SILENT), flag)


def _pairs(words: Sequence[str], catalogue: Catalogue) -> Iterator[tuple[str, str | None]]:
    """Flags with their values; for a flag that the build does not know, the next word is one unless it is a flag."""
    position = 0
    while position < len(words):
        flag, following = words[position], words[position + 1 : position + 2]
        entry = catalogue.entry(flag)
        takes = entry.value is not None if entry else bool(following) and not following[0].startswith("-")
        yield flag, following[0] if takes and following else None
        position += 2 if takes else 1


def _read(setting: Setting, spelling: Spelling, flag: str, value: str | None, catalogue: Catalogue) -> Any:
    entry = catalogue.entry(flag)
    match spelling.form:
        case Form.SWITCH:
            return entry is None or flag not in entry.negatives
        case Form.BARE:
            return next(iter(spelling.only))
        case Form.ON_OFF:
            return value in {"on", "1", "true", "enabled"}
        case Form.JSON:
            return _json(value or "")
        case _:
            return _said(setting, spelling, value or "")


def _said(setting: Setting, spelling: Spelling, text: str) -> Any:
    items = text.split(spelling.separator) if spelling.separator else [text]
    if setting.many:
        return tuple(items) if setting.text else tuple(_scalar(item) for item in items)
    if setting.scaled:
        return {name: _scalar(scale) for name, _, scale in (item.rpartition(":") for item in items)}
    plain = text if setting.text else _scalar(text)
    return next((value for value, words in spelling.only.items() if words == text), plain)


def _json(text: str) -> Any:
    """JSON that a person mistyped stays the text that it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _scalar(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _added(before: Any, value: Any) -> Any:
    if before is None:
        return value
    return (*before, value) if isinstance(before, tuple) else (before, value)
