"""
Keys that have a newer name: an old one is read as the new one and warned of, and `reconcile fmt --fix` writes the new.

A key leaves the table with the next `version` of the language, when files with the old name are no longer read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.config.edits import Edit, fix_at
from reconciler.config.node import Entry, Node, Path, mapping
from reconciler.config.problem import dotted
from reconciler.config.text import problem_at
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.spec.base import fields
from reconciler.spec.fleet import FleetSpec

RENAMED: Mapping[str, str] = {}
"""Path of the old key to the new name at its place: `memory.context` of a model, `router.max` of the fleet."""

EVERY = "*"
MODEL_SECTIONS: tuple[Path, ...] = (("models", EVERY), ("defaults",), ("server",))
"""Where the keys of a model stand."""


def with_new_names(root: Node, table: Mapping[str, str] | None = None) -> tuple[Node, tuple[Diagnostic, ...]]:
    """One file with the new names, and a warning for each old one; an old one beside the new is left to be refused."""
    said: list[Diagnostic] = []
    for old, name in (RENAMED if table is None else table).items():
        for path in _places(tuple(old.split("."))):
            root = _renamed(root, (), path, name, said)
    return root, tuple(said)


def _places(parts: Path) -> Iterator[Path]:
    if parts[0] in fields(FleetSpec):
        yield parts
    else:
        yield from ((*section, *parts) for section in MODEL_SECTIONS)


def _renamed(node: Node, above: Path, rest: Path, name: str, said: list[Diagnostic]) -> Node:
    """A node with one old key below it renamed; nodes may be shared, so that none is changed."""
    if node.entries is None:
        return node
    entries: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        path = (*above, key)
        if rest[0] not in {EVERY, key} or (len(rest) == 1 and name in node.entries):
            entries[key] = entry
        elif len(rest) > 1:
            entries[key] = entry._replace(node=_renamed(entry.node, path, rest[1:], name, said))
        else:
            said.append(_warning(path, name, entry))
            entries[name] = entry
    return mapping(node.place, entries)


def _warning(path: Path, name: str, entry: Entry) -> Diagnostic:
    old = str(path[-1])
    found = problem_at(
        entry.place,
        "W0201",
        f"`{old}` is called `{name}` now",
        hint=f"write `{name}`, or let `reconcile fmt --fix` do it",
        path=dotted(path),
    )
    fix = fix_at(entry.place, Edit(written=old, replacement=name, is_text=True))
    return replace(found, severity=Severity.WARNING, fix=fix)
