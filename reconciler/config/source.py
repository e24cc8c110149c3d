"""
One file of YAML becomes nodes. The only module that knows what the YAML library means.

It reads events rather than the library's own tree: so depth and repetition are bounded before they cost anything, and
duplicate keys, tags and aliases are seen where they stand. libyaml's parser is used where PyYAML was built with it.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.config import syntax
from reconciler.config.edits import QUOTES
from reconciler.config.node import MAX_DEPTH, PLAIN, QUOTED, Entry, Node
from reconciler.config.scalars import BadScalarError, plain, tagged
from reconciler.config.text import Place, Text, printable, problem_at, quoted
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic
from reconciler.spec.sources import names_a_secret

MAX_EXPANDED = 200_000
"""Nodes that aliases may repeat; a file without aliases is bounded by its bytes alone."""

MAX_NODES = 400_000
"""
Keys and values of one configuration: eleven thousand models of 340 bytes, which have 36 each. So many take about 1.3 s
and 150 MiB to read here.
"""

MAX_LENGTH = 1024 * 1024
"""Characters of a value: chat templates and grammars have thousands."""

MAX_KEY = 1024
"""Characters; what libyaml allows a key without `? `."""

PREFIX = "tag:yaml.org,2002:"
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Event = Any
"""The stubs of the library leave out most of what its events carry."""


class _Unreadable(Exception):  # noqa: N818 - leaves the reader, never this module
    """Nothing after this place can be understood; the problem is noted."""


def parse(
    text: Text, *, loader: Any = None, allowed: Iterator[int] | None = None
) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """
    The root of a file, or nothing when it cannot be understood, and every problem of it.

    Args:
        allowed: runs out with the nodes that the files of one configuration may have together.
    """
    if problem := (
        syntax.forbidden_character(text)
        or syntax.too_many_lines(text)
        or syntax.hidden_line_end(text, lambda: _quoted(text.content, loader or LOADER))
    ):
        return None, (problem,)
    reader = _Reader(text, (loader or LOADER)(text.content), allowed or allowance())
    try:
        root = reader.document()
    except _Unreadable:
        root = None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reader.note(syntax.failure(text, mark, getattr(error, "problem", None)))
        root = None
    except (ValueError, OverflowError):
        # PyYAML's own scanner lets these escape, for an impossible `\U` or a version of a thousand digits.
        reader.note(syntax.failure(text, None, None))
        root = None
    return root, tuple(reader.problems)


def allowance() -> Iterator[int]:
    """As many steps as one configuration may have nodes."""
    return iter(range(MAX_NODES))


def _quoted(content: str, loader: Any) -> Iterator[tuple[int, int]]:
    """Where texts in quotes begin and end, as far as the file can be taken apart."""
    with suppress(yaml.YAMLError, ValueError, OverflowError):
        for one in yaml.scan(content, Loader=loader):
            if getattr(one, "style", None) in tuple(QUOTES):
                yield one.start_mark.index, one.end_mark.index - 1


class _Reader:
    def __init__(self, text: Text, loader: Any, allowed: Iterator[int]) -> None:
        self.text = text
        self.allowed = allowed
        self.next = loader.get_event
        self.problems: list[Diagnostic] = []
        self.anchors: dict[str, Node | None] = {}
        self.expanded = 0
        self.known: dict[str, Any] = {}

    def document(self) -> Node | None:
        """The one document of the stream."""
        self.next()
        if isinstance(self.next(), StreamEndEvent):
            self.note(syntax.empty(self.text))
            return None
        root = self.node(self.next(), 0)
        self.next()
        if isinstance(event := self.next(), DocumentStartEvent):
            self.say(
                self.place(event),
                "E0107",
                "the file has more than one document",
                detail="expected one; `---` begins another",
                hint="put each document into a file of its own",
            )
        if root.value is None and not self.problems:
            self.note(syntax.empty(self.text))
            return None
        return root

    def node(self, event: Event, depth: int) -> Node:
        """The node that an event begins."""
        if next(self.allowed, None) is None:
            self.fail(
                self.place(event),
                "E0111",
                "the configuration is too large",
                detail=f"expected at most {MAX_NODES:,} keys and values in all files together",
                hint="remove what is not needed, or divide the fleet into several",
            )
        kind: type = type(event)
        if kind is ScalarEvent:
            built = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = built
            return built
        if kind is AliasEvent:
            return self.alias(event, depth)
        if depth >= MAX_DEPTH:
            self.fail(self.place(event), "E0108", f"nested deeper than {MAX_DEPTH} levels", hint="make it flatter")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        built = self.sequence(event, depth) if kind is SequenceStartEvent else self.mapping(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = built
        return built

    def scalar(self, event: ScalarEvent) -> Node:
        place, text = self.place(event), event.value
        if len(text) > MAX_LENGTH:
            detail = f"expected at most {MAX_LENGTH:,} characters, got {len(text):,}"
            self.fail(place, "E0114", "the text is too long", detail=detail, hint="put it into a file of its own")
        if "${" in text and event.tag in {None, PREFIX + "str"}:
            return self.unreplaced(event, place)
        try:
            if event.tag is not None:
                return Node(tagged(text, self.tag(event, {"str", "int", "float", "bool", "null"}) or "str"), place)
            if event.implicit[0]:
                if text not in self.known:
                    self.known[text] = plain(text)
                return Node(self.known[text], place)
        except BadScalarError as error:
            self.say(
                place,
                "E0114",
                f"{quoted(text, place)} cannot be read: {error}",
                hint="put it in quotes if it is a text",
            )
        if event.style == '"' and (problem := syntax.forbidden_escape(place, text)):
            self.note(problem)
        return Node(text, place)

    def unreplaced(self, event: ScalarEvent, place: Place) -> Node:
        """A text with `${`: what it stands for is known when all files are read."""
        node = Node(event.value, place)
        node.open = PLAIN if event.implicit[0] and event.tag is None else QUOTED
        return node

    def sequence(self, event: SequenceStartEvent, depth: int) -> Node:
        self.tag(event, {"seq"})
        node = Node([], self.place(event))
        node.items = []
        while type(event := self.next()) is not SequenceEndEvent:
            item = self.node(event, depth + 1)
            node.items.append(item)
            node.value.append(item.value)
            node.grow(item)
        return node

    def mapping(self, event: MappingStartEvent, depth: int) -> Node:
        self.tag(event, {"map"})
        node = Node({}, self.place(event))
        entries: dict[str, Entry] = {}
        merged: list[Node] = []
        while not isinstance(event := self.next(), MappingEndEvent):
            is_merge = type(event) is ScalarEvent and event.value == "<<" and event.implicit[0]
            key = self.node(event, depth + 1)
            value = self.node(self.next(), depth + 1)
            node.grow(value)
            if is_merge:
                merged.append(value)
            else:
                self.enter(entries, key, value)
        for source in self.merge_sources(merged):
            for name, entry in (source.entries or {}).items():
                entries.setdefault(name, entry)
        node.entries = entries
        node.value = {name: entry.node.value for name, entry in entries.items()}
        return node

    def enter(self, entries: dict[str, Entry], key: Node, value: Node) -> None:
        """Puts one key in, or says why it cannot be one; the first of two equal keys stays."""
        if not isinstance(key.value, str):
            self.note(syntax.bad_key(key))
        elif len(key.value) > MAX_KEY:
            detail = f"expected at most {MAX_KEY:,} characters, got {len(key.value):,}"
            self.say(key.place, "E0111", "a key is too long", detail=detail, hint="choose a shorter one")
        elif key.value in entries:
            first = entries[key.value].place
            shown = f"`{printable(key.value)}`" if names_a_secret(key.value) else quoted(key.value, key.place)
            self.say(
                key.place,
                "E0103",
                f"{shown} stands here twice",
                detail=f"the other one is at {first}",
                hint="remove one of the two",
            )
        else:
            entries[key.value] = Entry(key.place, value)

    def merge_sources(self, merged: Iterable[Node]) -> Iterable[Node]:
        """The mappings that `<<` names; of two with the same key the first wins."""
        for one in merged:
            for source in [one] if one.items is None else one.items:
                if source.entries is not None:
                    yield source
                else:
                    self.say(one.place, "E0115", "`<<` merges mappings only", hint="name an anchor: `<<: *common`")

    def alias(self, event: AliasEvent, depth: int) -> Node:
        name, place = event.anchor, self.place(event)
        if name not in self.anchors:
            self.say(
                place, "E0105", f"there is no anchor `&{name}` before this", hint=f"write `&{name}` at the first use"
            )
            return Node(f"*{name}", place)
        if (target := self.anchors[name]) is None:
            self.fail(place, "E0105", f"`*{name}` contains itself", hint="remove the alias")
        self.expanded += target.size
        if self.expanded > MAX_EXPANDED:
            detail = f"expected at most {MAX_EXPANDED} repeated values"
            self.fail(place, "E0105", "the aliases repeat too much", detail=detail, hint="write the values out")
        if depth + target.height > MAX_DEPTH:
            self.fail(place, "E0108", f"nested deeper than {MAX_DEPTH} levels", hint="make it flatter")
        return target

    def tag(self, event: Any, allowed: set[str]) -> str | None:
        """The short name of an explicit tag; one that YAML does not define is refused."""
        if event.tag is None or event.tag == "!":
            return None
        short = str(event.tag).removeprefix(PREFIX)
        if event.tag.startswith(PREFIX) and short in allowed:
            return short
        shown = f"!!{short}" if event.tag.startswith(PREFIX) else event.tag
        self.say(self.place(event), "E0104", f"unknown tag `{printable(shown)}`", hint="remove the tag")
        return None

    def place(self, event: Event) -> Place:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if start.line == end.line else 1
        return Place(self.text, start.line + 1, start.column + 1, length if length > 0 else 1)

    def say(self, place: Place, code: str, summary: str, *, detail: str = "", hint: str = "") -> None:
        self.note(problem_at(place, code, summary, detail=detail, hint=hint))

    def fail(self, place: Place, code: str, summary: str, *, detail: str = "", hint: str = "") -> NoReturn:
        self.say(place, code, summary, detail=detail, hint=hint)
        raise _Unreadable

    def note(self, problem: Diagnostic) -> None:
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            raise _Unreadable
