"""What a migration of the dashboard's database says: numbers first, then what somebody has to know or do."""

import json
from collections.abc import Iterator
from shlex import quote
from typing import Any

from reconciler.legacy.migrate import Migration, State
from reconciler.legacy.report import Code, Note
from reconciler.legacy.rollback import Restored
from reconciler.legacy.unified import Config
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line

HEADS = {
    State.MIGRATED: "Migrated",
    State.WOULD_MIGRATE: "Would migrate",
    State.UNCHANGED: "Nothing to do for",
}


def migration_json(found: Migration) -> dict[str, Any]:
    """The whole report for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "state": found.state.value,
        "why": found.amendment.why_not,
        "source": {"path": str(found.path), "sha256": found.digest, "vintage": str(found.vintage)},
        "router": dict(found.found.router.values),
        "router_explicit": list(found.found.router.explicit),
        "logging": dict(found.found.logging.values),
        "logging_explicit": list(found.found.logging.explicit),
        "writes": dict(found.amendment.rows),
        "warnings": [_note(one) for one in _notes(found)],
        "dropped": [{"what": one.what, "reason": one.reason} for one in found.found.dropped],
        "copy": str(found.copy) if found.copy else None,
    }


def migration_lines(found: Migration) -> Iterator[Line]:
    """The report for people."""
    yield line(Span(HEADS[found.state], Style.BOLD), f" {found.path} ({found.vintage})")
    if found.amendment.why_not:
        yield line("  ", found.amendment.why_not)
    for table, config in (("router_config", found.found.router), ("logging_config", found.found.logging)):
        if table in found.amendment.rows:
            yield BLANK
            yield from _table(table, config)
    for note in _notes(found):
        yield BLANK
        yield line(Span("warning: ", Style.YELLOW), note.message)
        if note.code is Code.DIFFERS_FROM_BACKUP and found.state is State.UNCHANGED:
            yield line("  ", Span("to take the old values: ", Style.CYAN), _again(found, "--from-backup"))
    if found.copy:
        yield BLANK
        yield line(f"The file as it was: {found.copy}")
        yield line("To go back: ", f"reconcile legacy rollback {quote(str(found.path))}")


def restored_lines(restored: Restored) -> Iterator[Line]:
    """What came back, and what went."""
    yield line(Span("Restored", Style.BOLD), f" {restored.path} as it was before its migration")
    for one in restored.lost:
        yield line("  lost: ", one)


def _table(table: str, config: Config) -> Iterator[Line]:
    yield line(f"{table}: ", Span(f"{len(config.origin)} of {len(config.values)} keys are said by the file", Style.DIM))
    rows = [
        (key, json.dumps(value, ensure_ascii=False), Span(config.origin.get(key, "default"), Style.DIM))
        for key, value in config.values.items()
    ]
    yield from columns(rows, indent=2)


def _notes(found: Migration) -> tuple[Note, ...]:
    return (*found.vintage.notes, *found.found.notes)


def _note(note: Note) -> dict[str, Any]:
    return {
        "code": note.code.value,
        "message": note.message,
        "column": note.column,
        "recoverable": dict(note.recoverable),
    }


def _again(found: Migration, option: str) -> str:
    return f"reconcile legacy migrate {option} {quote(str(found.path))}"
