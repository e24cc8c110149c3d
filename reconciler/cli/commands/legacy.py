"""`reconcile legacy`: for whoever stays on the dashboard; its database is changed in place, and back."""

import time
from pathlib import Path

import click

from reconciler.cli.legacy_said import migration_json, migration_lines, restored_lines
from reconciler.cli.options import PATH, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.legacy.migrate import assess, migrate
from reconciler.legacy.rollback import roll_back
from reconciler.render import FORMAT_VERSION

FILE = click.argument("file", type=PATH, metavar="FILE.db")


@click.group()
def command() -> None:
    """Bring the dashboard's own database to its last form, and back."""


@command.command("migrate")
@FILE
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@click.option(
    "--from-backup", is_flag=True, help="Also take back what a second run of the migration replaced by defaults."
)
@common(Format.JSON, config=False, store=False)
def migrate_command(common: Common, *, file: str, dry_run: bool, from_backup: bool) -> int:
    """Unify the settings of FILE.db in place.

    As the dashboard's own migration 004 does. A copy of the file as it was is kept beside it.
    """
    path = Path(file)
    if dry_run:
        found = assess(path, from_backup=from_backup)
    else:
        found = migrate(path, now=time.time(), from_backup=from_backup)
    if common.output.format is Format.JSON:
        common.output.json(migration_json(found))
    else:
        common.output.lines(migration_lines(found))
    return 0


@command.command("rollback")
@FILE
@click.option("--discard-changes", is_flag=True, help="Also when the file was changed after its migration.")
@common(Format.JSON, config=False, store=False)
def rollback_command(common: Common, *, file: str, discard_changes: bool) -> int:
    """Restore FILE.db byte for byte.

    As it was before its migration; the copy beside it is taken away.
    """
    restored = roll_back(Path(file), discard=discard_changes)
    if common.output.format is Format.JSON:
        document = {"format_version": FORMAT_VERSION, "path": str(restored.path), "lost": list(restored.lost)}
        common.output.json(document)
    else:
        common.output.lines(restored_lines(restored))
    return 0
