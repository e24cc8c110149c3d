"""
The settings of the router and of the log as migration 004 would have them, from whichever generation a file has.

The newest generation wins as a whole: the row of 004, then the rows before it, then the columns of the TypeScript
vintages, then defaults. Inside of it a key that is missing or unusable takes its default, never an older value.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.legacy.report import Code, Dropped, Note
from reconciler.legacy.source import Row, Source
from reconciler.legacy.stored import Json, backed_up, older, unified_row, was_begun
from reconciler.legacy.values import Bad, Given, boolean, moment, shown
from reconciler.legacy.vocabulary import (
    LOGGING,
    MODELS_MAX_UNSET,
    OF_SERVER_ROW,
    ROUTER,
    SETTINGS,
    SPOKEN,
    Entry,
    Key,
)

Vocabulary = Mapping[str, Entry]
Places = Sequence[tuple[str, object]]
"""Where a value may stand, best first, with what stands there; None is nothing."""

_SERVER_ROW = "model_server_config"
_AUTOLOAD = "autoLoadModels"
_AUTHOR = "/bamer/"
_FIRST_EDITION = "./models"


@frozen
class Config:
    """
    One unified row.

    Attributes:
        values: every key, with its default where the source says nothing usable.
        origin: where each explicit key came from, such as `server_config.config.llama_server_port`.
        generation: the table that won, or `defaults`.
    """

    values: Mapping[str, Key]
    origin: Mapping[str, str]
    generation: str
    notes: tuple[Note, ...] = ()

    @property
    def explicit(self) -> tuple[str, ...]:
        """The keys that the source really says."""
        return tuple(self.origin)


@frozen
class Unified:
    """
    Attributes:
        autoload: `autoLoadModels`, which migration 004 forgot; None where the file does not say.
        dropped: keys of the rows in use that have no place in the vocabulary.
    """

    router: Config
    logging: Config
    autoload: bool | None
    notes: tuple[Note, ...]
    dropped: tuple[Dropped, ...]


def unify(source: Source) -> Unified:
    """The settings of a file, with all that is to be said about them."""
    router, logging = router_of(source), logging_of(source)
    # A row that both read is unreadable for both.
    notes = (*router.notes, *(one for one in logging.notes if one not in router.notes))
    found = boolean(older(source).rows.get(SETTINGS, {}).get(_AUTOLOAD))
    return Unified(
        router=router,
        logging=logging,
        autoload=found.value if isinstance(found, Given) else None,
        notes=notes,
        dropped=_dropped(source),
    )


def router_of(source: Source) -> Config:
    """The router's 14 keys."""
    row = unified_row(source, "router_config")
    if isinstance(row, Given):
        config = _from_row(source, "router_config", row.value, ROUTER)
        return _with(config, (*_destroyed(source, config), *_paths(source, config)))
    config = _from_older(source, "router_config", row, ROUTER)
    if not config.origin:
        config = _with(_from_columns(source), config.notes, first=True)
    return _with(config, _paths(source, config))


def logging_of(source: Source) -> Config:
    """The log's 6 keys."""
    row = unified_row(source, "logging_config")
    if isinstance(row, Given):
        return _from_row(source, "logging_config", row.value, LOGGING)
    return _from_older(source, "logging_config", row, LOGGING)


def _from_row(source: Source, table: str, row: Json, vocabulary: Vocabulary) -> Config:
    places = {
        key: [(f"{table}.config.{name}", row.get(name)) for name in SPOKEN.get(key, (key,))] for key in vocabulary
    }
    config = _emptied(_read(table, places, vocabulary), places, vocabulary)
    missing = [key for key, stored in places.items() if all(value is None for _, value in stored)]
    if not missing:
        return config
    before = _mapped(older(source).rows, vocabulary).values
    note = Note(
        code=Code.PARTIAL_CONFIG,
        message=f"`{table}` does not say {_listed(missing)}: the dashboard's defaults are in effect",
        column=f"{table}.config",
        recoverable={key: before[key] for key in missing if before[key] != vocabulary[key].default},
    )
    return _with(config, (note,))


def _emptied(config: Config, places: Mapping[str, Places], vocabulary: Vocabulary) -> Config:
    """An empty path in a unified row was written there: it says that nothing is configured."""
    empty = {
        key: place
        for key, stored in places.items()
        for place, value in stored
        if value == vocabulary[key].default and key not in config.origin
    }
    return Config(
        values=config.values, origin={**config.origin, **empty}, generation=config.generation, notes=config.notes
    )


def _from_older(source: Source, table: str, row: object, vocabulary: Vocabulary) -> Config:
    before = older(source)
    config = _mapped(before.rows, vocabulary)
    notes = list(before.notes)
    if was_begun(source):
        state = f"its row {row.reason.removeprefix('it ')}" if isinstance(row, Bad) else "its row is missing"
        state = state if table in source.tables else "it is missing"
        came = config.generation if config.origin else "nothing else: defaults"
        notes.append(
            Note(
                code=Code.INTERRUPTED_004,
                message=f"migration 004 was cut short at `{table}`: {state}; the values come from {came}",
                column=f"{table}.config",
            )
        )
    needed = {place for entry in vocabulary.values() for place, _ in entry.was}
    notes.extend(
        Note(
            code=Code.RESTORED_FROM_BACKUP,
            message=f"`{place}` is gone or unreadable: the values come from the oldest row of `migration_backup_004`",
            column=place,
        )
        for place in sorted(before.restored & needed)
    )
    return _with(config, notes)


def _mapped(rows: Mapping[str, Json], vocabulary: Vocabulary) -> Config:
    places = {
        key: [(f"{row}.{name}", rows.get(row, {}).get(name)) for row, name in entry.was]
        for key, entry in vocabulary.items()
    }
    used = {row for entry in vocabulary.values() for row, _ in entry.was if row in rows}
    return _read(" and ".join(sorted(used, reverse=True)) or "defaults", places, vocabulary)


def _from_columns(source: Source) -> Config:
    rows = sorted(source.rows(_SERVER_ROW), key=_newness)
    if not rows:
        return _read("defaults", {}, ROUTER)
    row = rows[-1]
    places: dict[str, Places] = {
        key: [(f"{_SERVER_ROW}.{column}", row.get(column))]
        for key, column in OF_SERVER_ROW.items()
        if not (column == "models_max" and row.get(column) == MODELS_MAX_UNSET)
    }
    config = _read(_SERVER_ROW, places, ROUTER)
    if len(rows) == 1:
        return config
    said = f"`{_SERVER_ROW}` has {len(rows)} rows where the dashboard read one: the one written last is taken"
    return _with(config, (Note(code=Code.DUPLICATE_ROWS, message=said, column=_SERVER_ROW),))


def _read(generation: str, places: Mapping[str, Places], vocabulary: Vocabulary) -> Config:
    values: dict[str, Key] = {}
    origin: dict[str, str] = {}
    notes: list[Note] = []
    for key, entry in vocabulary.items():
        values[key] = entry.default
        for place, stored in places.get(key, ()):
            found = entry.read(stored)
            if isinstance(found, Given):
                values[key], origin[key] = found.value, place
            elif isinstance(found, Bad):
                notes.append(_unusable(place, key, found, entry.default))
            else:
                continue
            break
    return Config(values=values, origin=origin, generation=generation, notes=tuple(notes))


def _unusable(place: str, key: str, found: Bad, default: Key) -> Note:
    said = f"`{place}` cannot be used: {found.reason}; `{key}` takes its default {shown(default)}"
    return Note(code=Code.BAD_TYPE, message=said, column=place)


def _destroyed(source: Source, config: Config) -> tuple[Note, ...]:
    """A second run of migration 004 found nothing to migrate, and wrote defaults over what the first had made."""
    before = _mapped(backed_up(source), ROUTER)
    lost: dict[str, Key] = {
        key: before.values[key]
        for key in before.origin
        if config.values[key] == ROUTER[key].default != before.values[key]
    }
    if not lost:
        return ()
    both = ", ".join(f"{key} {shown(config.values[key])} (was {shown(value)})" for key, value in lost.items())
    said = f"`router_config` holds defaults where the backup holds other values, as if migration 004 ran twice: {both}"
    return (Note(code=Code.DIFFERS_FROM_BACKUP, message=said, column="router_config.config", recoverable=lost),)


def _paths(source: Source, config: Config) -> tuple[Note, ...]:
    notes = []
    for key in ("modelsPath", "serverPath"):
        path, place = str(config.values[key]), config.origin.get(key)
        if place and path and not path.startswith(("/", "~")):
            said = f"`{place}` is {shown(path)}, relative to the directory in which the dashboard was started"
            notes.append(Note(code=Code.RELATIVE_PATH, message=said, column=place))
        if place and _is_the_authors(source, config, key):
            said = f"`{place}` is {shown(path)}, a default that fits the machine of the dashboard's author"
            notes.append(Note(code=Code.AUTHOR_DEFAULT, message=said, column=place))
    return tuple(notes)


def _is_the_authors(source: Source, config: Config, key: str) -> bool:
    """The first edition of migration 004 wrote its author's server beside `./models` where nothing was said."""
    path = str(config.values[key])
    if _AUTHOR in path:
        return True
    first = config.generation == "router_config" and config.values["modelsPath"] == _FIRST_EDITION
    said = _mapped(older(source).rows, ROUTER)
    return first and key == "serverPath" and "serverPath" not in said.origin


def _dropped(source: Source) -> tuple[Dropped, ...]:
    """Keys that nothing reads; their values are not shown, since anybody could write anything there."""
    rows = dict(older(source).rows)
    taken = {place for entry in (*ROUTER.values(), *LOGGING.values()) for place in entry.was} | {(SETTINGS, _AUTOLOAD)}
    for table, vocabulary in (("router_config", ROUTER), ("logging_config", LOGGING)):
        row = unified_row(source, table)
        if isinstance(row, Given):
            rows[f"{table}.config"] = row.value
            taken |= {(f"{table}.config", name) for key in vocabulary for name in (key, *SPOKEN.get(key, ()))}
    return tuple(
        Dropped(what=f"{row}.{key}", reason="a setting of the dashboard's own pages, or of no one")
        for row, keys in rows.items()
        for key in keys
        if (row, key) not in taken
    )


def _with(config: Config, notes: Iterable[Note], *, first: bool = False) -> Config:
    added = tuple(notes)
    joined = (*added, *config.notes) if first else (*config.notes, *added)
    return Config(values=config.values, origin=config.origin, generation=config.generation, notes=joined)


def _newness(row: Row) -> tuple[float, Any]:
    written, number = moment(row.get("updated_at")), row.get("id")
    when = written.value.timestamp() if isinstance(written, Given) else 0.0
    return when, number if isinstance(number, int) else 0


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)
