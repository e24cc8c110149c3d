"""What two builds of llama-server take differently: flags that came, that went, and that take other values."""

from collections.abc import Iterator

from reconciler.domain.frozen import frozen
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.flag_entry import FlagEntry


@frozen
class Changed:
    """A flag of both builds whose spellings, kind of value or named values differ."""

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
    """What somebody who goes from `old` to `new` has to know; texts of the help do not count."""
    return CatalogueDiff(
        added=tuple(one for one in _used(new) if not _in(one, old)),
        removed=tuple(one for one in _used(old) if not _in(one, new)),
        changed=tuple(_changed(old, new)),
    )


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
    return set(entry.aliases), entry.value is None, set(entry.choices), entry.deprecated is None
