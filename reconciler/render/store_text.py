"""What the commands of `reconcile store` tell people."""

from collections.abc import Iterator, Sequence
from shlex import quote
from textwrap import dedent

from reconciler.domain.stored import (
    Finding,
    Migrated,
    MigrationStep,
    Renamed,
    Replaced,
    StoredFile,
    StoreInfo,
    Vacuumed,
)
from reconciler.render import values
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line


def info_text(info: StoreInfo) -> tuple[Line, ...]:
    """The store in a few lines, its tables, and what lies beside it."""
    head = [
        ("store", info.store.path),
        ("fleet", f"{info.fleet or '-'}, generation {info.generation}, {values.counted(info.resources, 'resource')}"),
        ("version", _version(info.store)),
        ("lineage", f"{info.lineage or '-'}, serial {info.serial}"),
        ("size", _size(info.store)),
        ("disk", f"{values.size(info.disk_free)} free"),
    ]
    lines = [*columns([(Span(name, Style.DIM), said) for name, said in head]), BLANK, *_parts(info.store)]
    if info.metrics:
        summary = f"{info.metrics.path}: version {_version(info.metrics)}, {_size(info.metrics)}"
        lines += [BLANK, line(Span(summary, Style.BOLD)), *_parts(info.metrics)]
    beside = columns([(name, values.size(size)) for name, size in info.beside.items()], indent=2)
    return (*lines, BLANK, line(Span("beside it", Style.BOLD)), *beside)


def _version(one: StoredFile) -> str:
    if one.version == one.newest:
        return str(one.version)
    return f"{one.version}; the next apply, or `reconcile store migrate`, makes it {one.newest}"


def _size(one: StoredFile) -> str:
    return f"{values.size(one.size)}, {values.size(one.free)} of it free; journal {one.journal_mode}"


def _parts(one: StoredFile) -> Iterator[Line]:
    """Tables that hold something, each with the sum of its indexes, which follow it."""
    titles = ("TABLE", "ROWS", "SIZE" if one.exact else "SIZE (estimated)", "INDEXES")
    rows: list[list[str | Span]] = [[Span(title, Style.DIM) for title in titles]]
    for table in (part for part in one.parts if part.kind == "table" and part.rows):
        indexes = [part.size for part in one.parts if part.kind == "index" and part.table == table.name]
        known = sum(size for size in indexes if size is not None)
        rows.append([table.name, str(table.rows), values.size(table.size or 0), values.size(known) if known else ""])
    yield from columns(rows, indent=2)
    if empty := {part.table for part in one.parts if part.kind == "table" and not part.rows}:
        held = sum(part.size or 0 for part in one.parts if part.table in empty)
        said = f", {values.size(held)}" if held else ""
        yield line(Span(f"  and {values.counted(len(empty), 'empty table')}{said}", Style.DIM))


def findings_text(directory: str, findings: Sequence[Finding]) -> tuple[Line, ...]:
    """One line a finding, and one with its way out."""
    if not findings:
        return (line(Span("ok", Style.GREEN), f"  {directory}: nothing was found"),)
    lines = [
        part
        for one in findings
        for part in (
            line(Span(one.what, Style.RED), f": {one.found}"),
            line("      ", Span("fix: ", Style.CYAN), one.fix),
        )
    ]
    return (*lines, BLANK, line(f"{values.counted(len(findings), 'finding')} in {directory}."))


def migrated_text(migrated: Migrated, *, dry_run: bool, verbose: bool) -> tuple[Line, ...]:
    """Which migrations, with their SQL when that was asked for, and what came of it."""
    if not migrated.steps:
        return (line(f"Nothing to migrate: {migrated.path} has version {migrated.after}."),)
    lines = [one for step in migrated.steps for one in _step(step, verbose=verbose)]
    done = "would bring" if dry_run else "brought"
    end = f"{values.counted(len(migrated.steps), 'migration')} {done} {migrated.path} from version "
    lines.append(line(f"{end}{migrated.before} to {migrated.after}."))
    return (*lines, line(f"What was before: {migrated.backup}")) if migrated.backup else tuple(lines)


def _step(step: MigrationStep, *, verbose: bool) -> Iterator[Line]:
    yield line(Span(f"migration {step.number} {step.name}", Style.BOLD), f"  sha256 {step.checksum}")
    if verbose:
        for statement in step.statements:
            yield from (line(f"    {one}") for one in f"{dedent(statement).strip()};".splitlines())
        yield BLANK
    counted = [
        (name, str(step.before.get(name, "-")), "→", str(step.after.get(name, "-")))
        for name in sorted(step.before.keys() | step.after.keys())
    ]
    yield from columns([tuple(Span(one, Style.DIM) for one in ("TABLE", "ROWS", "", "AFTER")), *counted], indent=2)
    yield BLANK


def replaced_text(replaced: Replaced) -> Iterator[Line]:
    """What is the store now, and what that means for whoever runs."""
    yield line(Span(f"The store in {replaced.directory} is of generation {replaced.generation} now", Style.BOLD), ".")
    if replaced.backup:
        was = "unreadable" if replaced.generation_before is None else f"of generation {replaced.generation_before}"
        yield line(f"What was before ({was}): {replaced.backup}")
    count = values.counted(replaced.running, "server")
    on = "runs on as it is" if replaced.running == 1 else "run on as they are"
    if replaced.running:
        yield line(
            f"{count} of this fleet {on}. `reconcile plan` compares them with this store: what was "
            "applied since then shows as a change."
        )
    else:
        yield line("No server of this fleet runs. `reconcile plan` shows what an apply would do.")


def vacuumed_text(done: Sequence[Vacuumed]) -> tuple[Line, ...]:
    """Before and after."""
    return columns([(one.path, values.size(one.before), "→", values.size(one.after)) for one in done])


def renamed_text(renamed: Renamed) -> Iterator[Line]:
    """The new name, and what is left to do by hand."""
    if (renamed.fleet, renamed.directory) == (renamed.fleet_before, renamed.directory_before):
        yield line(f"Nothing to rename: the fleet is `{renamed.fleet}` already.")
        return
    yield line(Span(f"The fleet `{renamed.fleet_before}` is `{renamed.fleet}` now", Style.BOLD), ".")
    if renamed.directory != renamed.directory_before:
        yield line(f"Its store: {renamed.directory}")
        yield line(f"Write `fleet: {renamed.fleet}` into the configuration.")
    else:
        yield line(f"Write `fleet: {renamed.fleet}` into the configuration, and name the store:")
        yield line(f"    --store {quote(renamed.directory)}")
