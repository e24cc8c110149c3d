"""
The secrets of a source: found before anything is said of it, kept in files of their own, and blotted out of all else.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from reconciler.legacy.columns import SECRETS, SERVER_TABLE, TABLES
from reconciler.legacy.options import normal, option_meaning
from reconciler.legacy.report import Code, Note
from reconciler.legacy.schemas import KNOWN
from reconciler.legacy.source import Row, Source
from reconciler.legacy.values import Given, text
from reconciler.spec.sources import names_a_secret, tells_a_secret

DIRECTORY = "secrets"
BLOTTED = "(secret)"

_LEAST = 8
"""Characters; what is shorter may be a part of any word, and is not looked for."""

_FIRST = ("models", *TABLES, SERVER_TABLE)
_WITHOUT_WISHES = frozenset({"metrics", "metrics_history", "logs"})
_USER = re.compile(r"(?<=://)([^/\s@]*)@")
_PARAMETER = re.compile(r"([?&#])([^=?&#\s]*)=([^?&#\s]*)")
_OPTION = re.compile(r"(?<!\S)(-{1,2}[A-Za-z][\w-]*)(?:=|\s+)(\S+)", re.ASCII)
_VARIABLE = re.compile(r"(?<!\S)([A-Z][A-Z0-9_]*)=(\S+)")
_HEADER = re.compile(r"\b(?i:(bearer))\s+([\w.~+/=-]{8,})", re.ASCII)
_FILE = re.compile(r"[^a-z0-9_-]+")

Found = tuple[str, str, str, str | None]
"""What a secret is called, its value, where it stands, and the name of the model."""


class Vault:
    """
    Attributes:
        files: the values by the names of the files that they are to be kept in, which lie in `DIRECTORY`.
        notes: one for each secret.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.notes: list[Note] = []
        self._by_value: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._blots: set[str] = set()

    def keep(self, name: str, value: str, place: str, model: str | None = None) -> None:
        """Takes a secret; one that is known has its file already."""
        self._blots |= {one for one in (value, *value.split(",")) if len(one.strip()) >= _LEAST}
        if tells_a_secret(value):
            self._blots |= {one for one in _credentials(value) if len(one) >= _LEAST}
        if value in self._by_value:
            return
        plain = _FILE.sub("-", name.lower()).strip("-")[:60] or "secret"
        file, count = plain, 1
        while file in self.files:
            count += 1
            file = f"{plain}-{count}"
        self.files[file] = value
        self._by_value[value] = file
        self._by_name.setdefault(name, []).append(value)
        said = f"`{place}` holds a secret in clear: it is kept in `{DIRECTORY}/{file}`"
        self.notes.append(Note(code=Code.SECRET, message=said, column=place, model=model))

    def append(self, name: str, more: Sequence[str]) -> None:
        """Further secrets for the file of the first one of this name, a line each."""
        first = self._by_name[name][0]
        self.files[self._by_value[first]] = "\n".join(dict.fromkeys((first, *more)))
        self._blots |= {one for one in more if len(one) >= _LEAST}

    def values(self, name: str) -> tuple[str, ...]:
        """The different secrets of this name, in the order in which they were found."""
        return tuple(self._by_name.get(name, ()))

    def knows(self, value: str) -> bool:
        """Whether this very text is a secret."""
        return value in self._by_value

    def reference(self, value: str) -> str:
        """The file of a secret, from the directory of the configuration."""
        return f"{DIRECTORY}/{self._by_value[value]}"

    def within(self, said: str) -> bool:
        """Whether a text has a secret in it."""
        return tells_a_secret(said) or any(one in said for one in self._blots)

    def blotted(self, said: str) -> str:
        """A text without the secrets that are in it."""
        for one in sorted(self._blots, key=len, reverse=True):
            said = said.replace(one, BLOTTED)
        if not tells_a_secret(said):
            return said
        return _PARAMETER.sub(rf"\1\2={BLOTTED}", _USER.sub("", said))


def vault_of(source: Source) -> Vault:
    """Every secret of a source, wherever it stands; those of models and of the server first."""
    vault = Vault()
    others = (table for table in source.tables if table not in _FIRST and table not in _WITHOUT_WISHES)
    for table in (*_FIRST, *others):
        for row in source.rows(table):
            for name, value, place, model in _of_row(table, row):
                vault.keep(name, value, place, model)
    return vault


def without_credentials(address: str) -> str:
    """An address without the password or the token in it."""
    where, mark, parameters = _USER.sub("", address).partition("?")
    kept = [one for one in parameters.split("&") if not tells_a_secret(f"://?{one}")]
    plain = where + (mark + "&".join(kept) if any(kept) else "")
    return plain.partition("#")[0] if tells_a_secret(plain) else plain


def _of_row(table: str, row: Row) -> Iterator[Found]:
    named = text(row.get("name"))
    model = named.value if table == "models" and isinstance(named, Given) else None
    key = text(row.get("key"))
    known = KNOWN.get(table, ())
    for column, value in row.items():
        name = key.value if column == "value" and isinstance(key, Given) else column
        place = f"{table}.{name}"
        if column in SECRETS or (column not in known and names_a_secret(column)):
            yield from _named(SECRETS.get(column, column), value, place, model)
        elif column == "value" and (secret := _secret_name(name)):
            yield from _named(secret, value, place, model)
        else:
            yield from _of_text(value, place, model)


def _of_text(value: object, place: str, model: str | None) -> Iterator[Found]:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return
    if value.lstrip("\ufeff \t\r\n")[:1] in {"{", "[", '"'}:
        tree = _tree(value)
        if isinstance(tree, dict | list):
            yield from _of_tree(tree, place, model)
            return
    if tells_a_secret(value):
        yield "address", value, place, model
    yield from _of_command_line(value, place, model)


def _of_command_line(said: str, place: str, model: str | None) -> Iterator[Found]:
    """Secrets behind the options, variables and headers that carry them."""
    for form in (_OPTION, _VARIABLE, _HEADER):
        for match in form.finditer(said):
            if secret := _secret_name(match[1]):
                yield from _named(secret, match[2].strip("'\""), place, model)


def _tree(value: str) -> object:
    """What JSON says, also JSON within a text of JSON; nothing for what is none."""
    found: object = value
    for _ in range(2):
        if isinstance(found, str):
            try:
                found = json.loads(found.removeprefix("\ufeff"))
            except (ValueError, RecursionError):
                return None
    return found


def _of_tree(tree: object, place: str, model: str | None) -> Iterator[Found]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if secret := _secret_name(str(key)):
                yield from _named(secret, value, f"{place}.{key}", model)
            else:
                yield from _of_tree(value, f"{place}.{key}", model)
    elif isinstance(tree, list):
        for value in tree:
            yield from _of_tree(value, place, model)
        # Arguments may stand one by one.
        yield from _of_command_line(" ".join(one for one in tree if isinstance(one, str)), place, model)
    else:
        yield from _of_text(tree, place, model)


def _secret_name(key: str) -> str:
    """What a secret under this key is called; empty where none is to be expected."""
    meaning = option_meaning(key)
    if meaning.secret or meaning.known:
        return meaning.secret
    return normal(key) if names_a_secret(key) else ""


def _named(name: str, value: object, place: str, model: str | None) -> Iterator[Found]:
    """The text of a secret; several in a list are one, as llama-server takes keys."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _named(name, inner, place, model)
        return
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, list):
        value = ",".join(one for one in value if isinstance(one, str))
    if name in SECRETS and isinstance(value, int | float) and not isinstance(value, bool) and value:
        # Under any other name a number is no secret: `tokens` are counted.
        value = str(value)
    if isinstance(value, str) and value.strip():
        yield name, value, place, model


def _credentials(address: str) -> Iterator[str]:
    for match in _USER.finditer(address):
        yield match[1]
        yield match[1].rpartition(":")[2]
    for match in _PARAMETER.finditer(address):
        if tells_a_secret(f"://{match[0]}"):
            yield match[3]
