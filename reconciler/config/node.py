"""What a parsed file is made of: plain values, each with its place."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.config.text import Place

Path = tuple[str | int, ...]

MAX_DEPTH = 50
"""Levels of mappings and lists."""

QUOTED = 1
PLAIN = 2
"""A scalar without quotes, which YAML may read as a number once its `${…}` are replaced."""


class Node:
    """
    A value with its place. Nodes are shared where a file uses an anchor twice, and so are never changed.

    Attributes:
        value: plain Python; of a mapping or list, the very values of its children.
        entries: the children of a mapping by key.
        items: the children of a list.
        size: how many nodes this one stands for, repeated ones counted each time.
        height: levels below it.
        open: whether it is or holds a text with `${`, whose value is known when all files are read; `PLAIN` and
            `QUOTED` say how the text itself was written.
    """

    __slots__ = ("entries", "height", "items", "open", "place", "size", "value")

    def __init__(self, value: Any, place: Place) -> None:
        self.value = value
        self.place = place
        self.entries: dict[str, Entry] | None = None
        self.items: list[Node] | None = None
        self.size = 1
        self.height = 0
        self.open = 0

    def child(self, key: str | int) -> "Entry | None":
        """The entry of a mapping or the item of a list."""
        if self.entries is not None:
            return self.entries.get(str(key))
        index = int(key) if str(key).isdecimal() else -1
        if self.items is not None and 0 <= index < len(self.items):
            item = self.items[index]
            return Entry(item.place, item)
        return None

    def grow(self, child: "Node") -> None:
        """Counts one more child, while the node is built."""
        self.size += child.size
        if self.height <= child.height:
            self.height = child.height + 1
        if child.open:
            self.open = QUOTED


class Entry(NamedTuple):
    """A key's place and what stands under it."""

    place: Place
    node: Node


Sections = Mapping[str, Entry]
"""The keys of the top level, of one file or of all."""


def entries_of(sections: Sections, name: str) -> Sections:
    """What stands under one of them; nothing when it is absent or no mapping."""
    entry = sections.get(name)
    return (entry.node.entries or {}) if entry else {}


def mapping(place: Place, entries: dict[str, Entry]) -> Node:
    """A mapping made of parts that were read elsewhere."""
    node = Node({key: entry.node.value for key, entry in entries.items()}, place)
    node.entries = entries
    for entry in entries.values():
        node.grow(entry.node)
    return node


def sequence(place: Place, items: list[Node]) -> Node:
    """The same for a list."""
    node = Node([item.value for item in items], place)
    node.items = items
    for item in items:
        node.grow(item)
    return node
