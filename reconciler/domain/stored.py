"""What is told of a store as a thing: what is in it, what is wrong with it, what was done to it."""

from collections.abc import Mapping

from reconciler.domain.frozen import frozen


@frozen
class StoredPart:
    """
    A table or an index.

    Attributes:
        table: the table that an index is of; its own name for a table.
        rows: of a table.
        size: bytes of its pages; an estimate where SQLite cannot tell (`StoredFile.exact`), `None` for an index then.
    """

    name: str
    kind: str
    table: str
    rows: int | None
    size: int | None


@frozen
class StoredFile:
    """
    One database file.

    Attributes:
        version: how many migrations it has had; `newest` is what this program would bring it to.
        exact: whether the sizes of the parts come from SQLite itself.
        free: bytes in it that hold nothing; `vacuum` gives them back.
    """

    path: str
    version: int
    newest: int
    size: int
    free: int
    journal_mode: str
    exact: bool
    parts: tuple[StoredPart, ...]


@frozen
class StoreInfo:
    """
    A store and what lies beside it.

    Attributes:
        metrics: the file of measurements; nothing where there is none, or none that can be read.
        beside: the other files of the directory with their sizes, a folder as one.
    """

    directory: str
    lineage: str
    serial: int
    fleet: str
    generation: int
    resources: int
    store: StoredFile
    metrics: StoredFile | None
    beside: Mapping[str, int]
    disk_free: int


@frozen
class MigrationStep:
    """
    One migration as it was, or would be, done.

    Attributes:
        before: rows of each table.
        after: the same when it was done; a table that it made is only here.
    """

    number: int
    name: str
    checksum: str
    statements: tuple[str, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]


@frozen
class Migrated:
    """
    The way of a store to today's form.

    Attributes:
        backup: the file with what was before; empty after a rehearsal.
    """

    path: str
    before: int
    after: int
    steps: tuple[MigrationStep, ...] = ()
    backup: str = ""


@frozen
class Finding:
    """
    Something about a store that is not as it should be.

    Attributes:
        what: which check found it.
        fix: the way out.
    """

    what: str
    found: str
    fix: str


@frozen
class Replaced:
    """
    A store that took the place of another.

    Attributes:
        backup: the file with what was there before; empty when nothing was.
        generation: that of the new one; `generation_before` that of the old one, `None` when it could not be read.
        running: how many servers of this lineage run now.
    """

    directory: str
    lineage: str
    version: int
    generation: int
    generation_before: int | None
    backup: str
    running: int = 0


@frozen
class Vacuumed:
    """Bytes of a file before and after it was written anew without its holes."""

    path: str
    before: int
    after: int


@frozen
class Renamed:
    """A fleet's new name, and where its store is now."""

    fleet: str
    fleet_before: str
    directory: str
    directory_before: str
