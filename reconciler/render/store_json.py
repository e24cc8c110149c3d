"""What the commands of `reconcile store` tell programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reconciler.domain.stored import Finding, Migrated, Replaced, StoredFile, StoreInfo
from reconciler.render import FORMAT_VERSION

Json = dict[str, Any]


def info_json(info: StoreInfo) -> Json:
    """Sizes are bytes."""
    return {
        "format_version": FORMAT_VERSION,
        "directory": info.directory,
        "fleet": info.fleet,
        "lineage": info.lineage,
        "serial": info.serial,
        "generation": info.generation,
        "resources": info.resources,
        "disk_free": info.disk_free,
        "store": _file(info.store),
        "metrics": _file(info.metrics) if info.metrics else None,
        "beside": [{"name": name, "bytes": size} for name, size in info.beside.items()],
    }


def _file(one: StoredFile) -> Json:
    return {
        "path": one.path,
        "version": one.version,
        "newest_version": one.newest,
        "bytes": one.size,
        "free_bytes": one.free,
        "journal_mode": one.journal_mode,
        "exact": one.exact,
        "parts": [
            {"name": part.name, "kind": part.kind, "table": part.table, "rows": part.rows, "bytes": part.size}
            for part in one.parts
        ],
    }


def findings_json(directory: str, findings: Sequence[Finding]) -> Json:
    """Each finding with its way out."""
    return {
        "format_version": FORMAT_VERSION,
        "directory": directory,
        "ok": not findings,
        "findings": [asdict(one) for one in findings],
    }


def migrated_json(migrated: Migrated, *, dry_run: bool) -> Json:
    """Each step with its statements, and the rows of each table before and after it."""
    return {
        "format_version": FORMAT_VERSION,
        "path": migrated.path,
        "dry_run": dry_run,
        "version_before": migrated.before,
        "version_after": migrated.after,
        "backup": migrated.backup or None,
        "migrations": [
            {
                "number": step.number,
                "name": step.name,
                "sha256": step.checksum,
                "sql": [statement.strip() for statement in step.statements],
                "rows_before": dict(step.before),
                "rows_after": dict(step.after),
            }
            for step in migrated.steps
        ],
    }


def replaced_json(replaced: Replaced) -> Json:
    """What is the store now, and where to find what was."""
    return {"format_version": FORMAT_VERSION, **asdict(replaced), "backup": replaced.backup or None}
