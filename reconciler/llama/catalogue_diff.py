"""What two builds of llama-server take differently: flags that came, that went, and that mean something else."""

import re
from collections.abc import Iterator

from reconciler.domain.frozen import frozen
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.flag_entry import FlagEntry

DEFAULT = re.compile(r"\bdefault: ([^)]+)")
LISTED = re.compile(r"\bavailable \w+: ((?:[\w-]+, )*[\w-]+)")


@frozen
class Changed:
    """A flag of both builds whose spellings, kind of value, named values, default or variable differ."""

    before: FlagEntry
    after: FlagEntry


@frozen
class CatalogueDiff:
    """
    From one build to another.

    Attributes:
        added: entries that share no spelling with the old build.
        removed: entries of the old build of which the new one takes no spelling.
    """

    added: tuple[FlagEntry, ...]
    removed: tuple[FlagEntry, ...]
    changed: tuple[Changed, ...]

    @property
    def empty(self) -> bool:
        """Whether both take the same."""
        return not (self.added or self.removed or self.changed)


def compare(old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """What somebody who goes from `old` to `new` has to know; the rest of the help does not count."""
    return CatalogueDiff(
        added=tuple(one for one in _used(new) if not _in(one, old)),
        removed=tuple(one for one in _used(old) if not _in(one, new)),
        changed=tuple(_changed(old, new)),
    )


def default_of(entry: FlagEntry) -> str | None:
    """What the help says that happens without the flag."""
    found = DEFAULT.search(" ".join(entry.help.split()))
    return found and found[1]


def values_of(entry: FlagEntry) -> tuple[str, ...]:
    """The values that the help names, in its order; those of a list too."""
    found = LISTED.search(" ".join(entry.help.split()))
    return entry.choices or (tuple(found[1].split(", ")) if found else ())


def _changed(old: Catalogue, new: Catalogue) -> Iterator[Changed]:
    for before in _used(old):
        after = next((new.entry(alias) for alias in before.aliases if new.knows(alias)), None)
        if after is not None and _surface(before) != _surface(after):
            yield Changed(before=before, after=after)


def _used(catalogue: Catalogue) -> Iterator[FlagEntry]:
    return (entry for entry in catalogue.entries if not entry.removed)


def _in(entry: FlagEntry, catalogue: Catalogue) -> bool:
    return any(catalogue.knows(alias) for alias in entry.aliases)


def _surface(entry: FlagEntry) -> tuple[object, ...]:
    """What a command line depends on."""
    named = set(entry.aliases), set(values_of(entry))
    return *named, entry.value is None, entry.deprecated is None, default_of(entry), entry.env
