"""From what was stored to what is meant today: settings with their values, and what cannot be said any more."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.legacy.columns import REMOVED
from reconciler.legacy.conversion import converted
from reconciler.legacy.options import normal
from reconciler.legacy.report import Code, Dropped, Note
from reconciler.legacy.stored_models import Stored
from reconciler.legacy.values import Bad, Given, boolean, integer, shown, text
from reconciler.legacy.vault import Vault
from reconciler.spec.registry import all_settings
from reconciler.spec.sources import names_a_secret

LOAD_MODE = "memory.load_mode"
IGNORE_EOS = "sampling.ignore_eos"
TELLS = "there is a secret in it"

_FLAG = re.compile(r"--[A-Za-z0-9][\w.-]*", re.ASCII)

Value = Any
"""A value of the language, in JSON's own kinds."""


@frozen
class Wish:
    """
    One setting.

    Attributes:
        places: where in the source it was.
        said: how the source said it, where that differs from what is written now.
    """

    value: Value
    places: tuple[str, ...]
    said: str = ""


@dataclass(kw_only=True)
class Settled:
    """
    What one model, or the row of all servers, comes to; built up once and not changed after.

    Attributes:
        settings: by path; those of a model, of `server` and of `router`.
        sources: where the model comes from, by the key of the language.
        process: `host`, `port` and `key_file` that it asked for.
        extra: options that nobody knows, as flags.
        secrets: the references to secrets, by what they are called.
        lost: what is not carried, as the source says it, each with the reason.
    """

    settings: dict[str, Wish] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    process: dict[str, Wish] = field(default_factory=dict)
    extra: dict[str, Value] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    lost: list[tuple[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unset: int = 0


def settled(stored: Iterable[Stored], vault: Vault, model: str | None = None) -> Settled:
    """Everything that was stored, each value under the setting that it is today; the later one wins."""
    result = Settled()
    every = list(stored)
    work = _Work(result, vault, model)
    for one in every:
        work.take(one)
    work.load_mode([one for one in every if one.meaning.load])
    if {"speculative.model", "speculative.hf"} & result.settings.keys() and "speculative.type" not in result.settings:
        said = "today a draft model alone has no effect"
        result.settings["speculative.type"] = Wish(value=["draft-simple"], places=(), said=said)
    return result


class _Work:
    def __init__(self, result: Settled, vault: Vault, model: str | None) -> None:
        self.result, self.vault, self.model = result, vault, model

    def take(self, one: Stored) -> None:
        """Puts one value where it belongs."""
        if is_unset(one):
            self.result.unset += one.value is not None and not one.by_hand
            return
        meaning = one.meaning
        if meaning.secret or (not meaning.known and names_a_secret(one.key)):
            self.secret(one)
        elif meaning.setting:
            self.setting(one)
        elif meaning.source:
            self.source(one)
        elif meaning.process:
            self.process(one)
        elif meaning.refused:
            self.refused(one)
        elif not meaning.known:
            self.unknown(one)

    def setting(self, one: Stored) -> None:
        path = one.meaning.setting
        if path == IGNORE_EOS:
            self.lose(one, "a model that takes it never stops, and the old program stored it in every row")
            return
        value = one.value
        if one.meaning.inverted:
            found = boolean(value)
            value = not found.value if isinstance(found, Given) else value
        outcome = converted(path, value)
        if isinstance(outcome, Bad):
            self.bad(one, outcome.reason)
        elif isinstance(outcome, Given):
            if self.tells(outcome.value):
                self.lose(one, TELLS)
                return
            self.relative(path, outcome.value, one)
            said = one.key if one.key != path.rpartition(".")[2] else ""
            if said and str(one.value) != str(outcome.value):
                said += f"={_short(one.value)}"
            self.result.settings[path] = Wish(value=outcome.value, places=(one.place,), said=said)

    def load_mode(self, switches: list[Stored]) -> None:
        """Two columns, or several words, become one setting; 0 in a column says nothing."""
        on: dict[str, bool] = {}
        taken = []
        for one in switches:
            if is_unset(one):
                continue
            found = boolean(one.value)
            if isinstance(found, Bad):
                self.bad(one, found.reason)
            elif isinstance(found, Given):
                on[one.meaning.load] = found.value is not one.meaning.inverted
                taken.append(one)
        if LOAD_MODE in self.result.settings:
            for one in taken:
                self.lose(one, f"`load_mode` is `{self.result.settings[LOAD_MODE].value}`")
            return
        if not on:
            return
        mode = "+".join(name for name in ("mmap", "mlock") if on.get(name)) or ("dio" if on.get("dio") else "none")
        if mode == "none" and "mmap" not in on:
            return
        said = ", ".join(f"{one.key}={_short(one.value)}" for one in taken)
        self.result.settings[LOAD_MODE] = Wish(value=mode, places=tuple(one.place for one in taken), said=said)

    def source(self, one: Stored) -> None:
        found = text(one.value)
        if isinstance(found, Bad) or (isinstance(found, Given) and "\0" in found.value):
            self.bad(one, found.reason if isinstance(found, Bad) else "there is a NUL in it")
        elif isinstance(found, Given):
            first = self.result.sources.setdefault(one.meaning.source, found.value)
            if first != found.value:
                self.lose(one, f"a model has one source, and it is {shown(first)}")

    def process(self, one: Stored) -> None:
        found: Given[Any] | Bad | object
        found = integer(one.value, lowest=1, highest=65535) if one.meaning.process == "port" else text(one.value)
        if isinstance(found, Bad):
            self.bad(one, found.reason.replace("beyond 32 bits", "no port"))
        elif isinstance(found, Given) and self.tells(found.value):
            self.lose(one, TELLS)
        elif isinstance(found, Given) and "\0" in str(found.value):
            self.bad(one, "there is a NUL in it")
        elif isinstance(found, Given):
            self.result.process[one.meaning.process] = Wish(value=found.value, places=(one.place,))

    def secret(self, one: Stored) -> None:
        name = one.meaning.secret or one.key
        for value in _strings(one.value):
            if self.vault.knows(value):
                self.result.secrets.setdefault(name, self.vault.reference(value))

    def refused(self, one: Stored) -> None:
        if one.by_hand and one.value in (False, None):
            return
        self.lose(one, one.meaning.refused, Code.REMOVED_OPTION if normal(one.key) in REMOVED else Code.NOT_CARRIED)

    def unknown(self, one: Stored) -> None:
        flag = "--" + one.key.strip().lstrip("-").replace("_", "-")
        if one.value is None or one.value is False:
            return
        if self.tells({one.key: one.value}):
            self.lose(one, TELLS)
        elif isinstance(one.value, dict) or not _FLAG.fullmatch(flag):
            self.bad(one, "it is no option with a value")
        else:
            self.result.extra[flag] = one.value

    def tells(self, value: Value) -> bool:
        """Whether there is a secret in a value, by what it says or by the name that it stands under."""
        return any(self.vault.within(said) for said in texts(value)) or _under_a_secret_name(value)

    def relative(self, path: str, value: Value, one: Stored) -> None:
        if not all_settings()[path].info.is_path:
            return
        for said in texts(value):
            if not said.startswith(("/", "~/")):
                told = f"`{one.place}` is {shown(said)}, relative to the directory of the old program"
                self.note(Code.RELATIVE_PATH, f"{told}; here it is relative to the configuration", one)

    def bad(self, one: Stored, reason: str) -> None:
        self.note(Code.BAD_TYPE, f"`{one.place}`{self.of()} is not used: {reason}", one)
        self.forget(one, reason)

    def lose(self, one: Stored, reason: str, code: Code = Code.NOT_CARRIED) -> None:
        self.note(code, f"`{one.place}`{self.of()} is not carried: {reason}", one)
        self.forget(one, reason)

    def forget(self, one: Stored, reason: str) -> None:
        self.result.lost.append((f"{one.key}: {_short(one.value)}", reason))
        self.result.dropped.append(Dropped(what=one.place, reason=reason, model=self.model))

    def note(self, code: Code, message: str, one: Stored) -> None:
        self.result.notes.append(Note(code=code, message=message, model=self.model, column=one.place))

    def of(self) -> str:
        """Which model, in a message."""
        return f" of `{self.model}`" if self.model else ""


def is_unset(one: Stored) -> bool:
    """Whether nobody said anything: nothing is there, or what the old program stored by itself."""
    value = one.value
    if value is None or (isinstance(value, str | bytes) and not value.strip()):
        return True
    if one.by_hand or not one.unset:
        return False
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    try:
        if not isinstance(value, bool) and float(str(value)) == float(one.unset):
            return True
    except ValueError:
        pass
    if str(value).strip().lower() == one.unset:
        return True
    found = boolean(value) if one.unset in {"0", "1"} and _is_switch(one) else None
    return isinstance(found, Given) and found.value == (one.unset == "1")


def _is_switch(one: Stored) -> bool:
    return bool(one.meaning.load or one.meaning.refused) or isinstance(
        (converted(one.meaning.setting, "true") if one.meaning.setting else None), Given
    )


def texts(value: Value) -> Iterable[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def _strings(value: object) -> Iterable[str]:
    yield from texts(value)
    if isinstance(value, int | float):
        yield str(value)
    if isinstance(value, list):
        yield ",".join(one for one in value if isinstance(one, str))


def _under_a_secret_name(value: Value) -> bool:
    if isinstance(value, Mapping):
        named = (names_a_secret(str(key)) and isinstance(inner, str) for key, inner in value.items())
        return any(named) or any(map(_under_a_secret_name, value.values()))
    return isinstance(value, list | tuple) and any(map(_under_a_secret_name, value))


def _short(value: object) -> str:
    """As a comment shows it; of an object nobody knows what is in it."""
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    return shown(value).strip("`")
