"""
The flags that one build of llama-server knows, read from its `--help`.

A flag that the help lists as removed is not known. Catalogues travel as JSON, so that a runner without a
llama-server can check a fleet; `schemas/llama-server/` holds some.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, fields
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.errors import LlamaServerError
from reconciler.llama.flag_entry import FlagEntry, parse_entry

FORMAT_VERSION = "1.0"
KEYS = frozenset(one.name for one in fields(FlagEntry))
HEADING = re.compile(r"-{3,} (?P<section>.+?) -{3,}")


@frozen
class Catalogue:
    """
    Everything that `--help` lists.

    Attributes:
        build: what `--version` says, for people; a build number in it cannot be relied on.
        entries: in the order of the help.
    """

    build: str
    entries: tuple[FlagEntry, ...]
    _by_spelling: Mapping[str, FlagEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spelled = {alias: entry for entry in self.entries for alias in entry.aliases}
        object.__setattr__(self, "_by_spelling", spelled)

    def knows(self, flag: str) -> bool:
        """Tell whether the build takes this spelling; false for one that it lists as removed."""
        entry = self.entry(flag)
        return entry is not None and not entry.removed

    def entry(self, flag: str) -> FlagEntry | None:
        """The entry of a spelling, also of a removed one; None if the help does not have it."""
        return self._by_spelling.get(flag)

    def nearest(self, flag: str, n: int = 3) -> tuple[str, ...]:
        """Up to `n` spellings in use that look like this one, the likeliest first."""
        known = [alias for alias, entry in self._by_spelling.items() if not entry.removed]
        return tuple(difflib.get_close_matches(flag, known, n))

    def to_json(self) -> dict[str, object]:
        """A plain dictionary for `json.dumps`, with keys in a fixed order."""
        entries = [asdict(entry) for entry in self.entries]
        return {"format_version": FORMAT_VERSION, "build": self.build, "entries": entries}

    def to_text(self) -> str:
        """The JSON as a file holds it: stable, one line a value, so that a diff of two builds can be read."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, document: object) -> "Catalogue":
        """
        Read what `to_json` wrote.

        Raises:
            LlamaServerError: the document is not a catalogue, or one of a later format.
        """
        if not isinstance(document, dict) or not isinstance(document.get("entries"), list):
            raise _not_a_catalogue(detail="it has no list `entries`")
        version = document.get("format_version")
        if version != FORMAT_VERSION:
            raise _not_a_catalogue(detail=f"its format_version is {version!r}, expected {FORMAT_VERSION!r}")
        entries = tuple(_entry_from_json(entry) for entry in document["entries"])
        return cls(build=str(document.get("build", "")), entries=entries)


def build_of(version_text: str) -> str:
    """The build that `llama-server --version` names (on stderr): `0.1.0-dev (build 1, commit 7e4c0a9)`."""
    lines = [line.strip() for line in version_text.splitlines() if line.strip()]
    named = (line.removeprefix("version:").strip() for line in lines if line.startswith("version:"))
    return next(named, lines[0] if lines else "")


def parse_help(text: str, *, build: str) -> Catalogue:
    """
    Parse what `llama-server --help` printed; anything before its first heading is noise of the log.

    Raises:
        LlamaServerError: there is no flag in it, so it was not llama-server that printed it.
    """
    entries = tuple(parse_entry(lines, section) for section, lines in _blocks(text))
    if not entries:
        raise _not_a_llama_server(text)
    return Catalogue(build=build.strip(), entries=entries)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Cut the help into entries, each with the heading that it stands under."""
    section, block = None, list[str]()
    for line in text.splitlines():
        heading = HEADING.fullmatch(line.strip())
        begins = heading is not None or (section is not None and line.startswith("-"))
        if begins and block and section is not None:
            yield section, block
            block = []
        if heading is not None:
            section = heading["section"]
        elif begins or (block and line.startswith(" ")):
            block.append(line)
    if block and section is not None:
        yield section, block


def _entry_from_json(document: object) -> FlagEntry:
    if not isinstance(document, dict) or document.keys() != KEYS:
        raise _not_a_catalogue(detail=f"expected entries with the keys {', '.join(sorted(KEYS))}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
    }
    if not isinstance(values["aliases"], tuple):
        raise _not_a_catalogue(detail=f"`aliases` is {values['aliases']!r}, expected a list")
    return FlagEntry(**values)


def _not_a_llama_server(text: str) -> LlamaServerError:
    return LlamaServerError(
        "the output of `--help` is not that of a llama-server",
        detail=f"expected headings like `----- common params -----`, got: {text.strip()[:200]!r}",
        hint="name a llama-server binary with `--llama-server PATH`",
    )


def _not_a_catalogue(*, detail: str) -> LlamaServerError:
    return LlamaServerError(
        "the file is not a catalogue of llama-server's flags",
        detail=detail,
        hint="name a llama-server, or a file of schemas/llama-server",
    )
