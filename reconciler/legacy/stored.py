"""The JSON rows of a file: those in use, and what migration 004 put aside of those before it."""

from collections.abc import Mapping
from dataclasses import field

from reconciler.domain.frozen import frozen
from reconciler.legacy.report import Code, Note
from reconciler.legacy.source import Row, Source
from reconciler.legacy.stored_json import read_object
from reconciler.legacy.values import Bad, Given, Unset, integer
from reconciler.legacy.vocabulary import SERVER, SETTINGS

Json = Mapping[str, object]

_BACKUP = "migration_backup_004"
_OF_004 = ("router_config", "logging_config", _BACKUP)
_PLACES = {SERVER: ("server_config", "config"), SETTINGS: ("metadata", "user_settings")}


@frozen
class Older:
    """
    What the settings were before migration 004.

    Attributes:
        rows: by `server_config.config` and `metadata.user_settings`; without those that are gone or unreadable.
        restored: which of the rows came from the backup of the migration.
    """

    rows: Mapping[str, Json] = field(default_factory=dict)
    restored: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()


def unified_row(source: Source, table: str) -> Given[Json] | Unset | Bad:
    """The one row of a table of migration 004."""
    return read_object(_stored(source, table, "config"))


def was_begun(source: Source) -> bool:
    """Whether migration 004 left anything, whole or not."""
    return any(table in source.tables for table in _OF_004)


def older(source: Source) -> Older:
    """The rows in use; from the backup those of them that are gone or unreadable."""
    rows, restored, notes = {}, set(), []
    saved = backed_up(source)
    for place, (table, key) in _PLACES.items():
        found = read_object(_stored(source, table, key))
        if isinstance(found, Bad):
            notes.append(Note(code=Code.BAD_JSON, message=f"`{place}` is not used: {found.reason}", column=place))
        if isinstance(found, Given):
            rows[place] = found.value
        elif place in saved:
            rows[place] = saved[place]
            restored.add(place)
    return Older(rows=rows, restored=frozenset(restored), notes=tuple(notes))


def backed_up(source: Source) -> Mapping[str, Json]:
    """The oldest readable rows of the backup: a second run of the migration added what the first had made."""
    found: dict[str, Json] = {}
    for row in sorted(source.rows(_BACKUP), key=_age):
        place = f"{row.get('source_table')}.{row.get('source_key')}"
        value = read_object(row.get("original_value"))
        if place in _PLACES and place not in found and isinstance(value, Given):
            found[place] = value.value
    return found


def _age(row: Row) -> int:
    number = integer(row.get("id"), highest=2**62)
    return number.value if isinstance(number, Given) else 0


def _stored(source: Source, table: str, key: str) -> object:
    found = (row.get("value") for row in source.rows(table) if row.get("key") in (key, key.encode()))
    return next(found, None)
