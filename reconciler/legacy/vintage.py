"""
Which versions of the dashboard made a file: by its tables and columns, never by what it says of itself.

Every start of the dashboard created what was missing in the same file, so a file may be of several vintages at once:
V1 and V2a to V2c were written in TypeScript, J1 to J9 in JavaScript, M004 is the migration that few ever ran.
"""

from reconciler.domain.frozen import frozen
from reconciler.errors import LegacyError
from reconciler.legacy.report import Code, Note
from reconciler.legacy.schemas import KNOWN
from reconciler.legacy.source import Source

_CHILDREN = ("sampling", "memory", "gpu", "advanced", "lora", "multimodal", "server")
_ANY = (1, 9)

Between = tuple[int, int]
"""The first and the last J that can have made something."""


@frozen
class Vintage:
    """
    Attributes:
        labels: oldest first, such as `V1`, `V2b`, `J9`, `M004b`.
        notes: tables and columns that no vintage had.
    """

    labels: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        """As people name a mixture: `V1+V2b+J9`."""
        return "+".join(self.labels)


def vintage_of(source: Source) -> Vintage:
    """
    What a file is.

    Raises:
        LegacyError: no version of the dashboard made it.
    """
    labels = (*_typescript(source), *_javascript(source), *_migrated(source))
    if not labels:
        raise LegacyError(
            f"`{source.path}` is no database of the dashboard",
            kind="unknown_schema",
            detail="expected tables such as `models` or `server_config`, "
            + (f"got {', '.join(f'`{one}`' for one in source.tables[:8])}" if source.tables else "got no table at all"),
            hint="name the dashboard's own database: `data/llama-dashboard.db` below its working directory",
        )
    return Vintage(labels=labels, notes=_unknown(source))


def _typescript(source: Source) -> tuple[str, ...]:
    models = frozenset(source.columns("models"))
    found = ["V1"] if {"docker_repo", "cache_ram"} <= models else []
    if any(f"model_{one}_config" in source.tables for one in _CHILDREN) or ("docker_repo" in models and not found):
        found.append(_second(source))
    if not found and "cpu_usage" in source.columns("metrics_history"):
        strict = "cpu_usage" in source.not_null("metrics_history")
        found.append("S2" if strict else "S1")
    return tuple(found)


def _second(source: Source) -> str:
    """V2a had no UNIQUE(model_id), V2b analysed models, V2c renamed three columns."""
    if "mirostat_eta" in source.columns("model_sampling_config"):
        return "V2c"
    children = [
        f"model_{one}_config" for one in _CHILDREN if one != "server" and f"model_{one}_config" in source.tables
    ]
    if not any(("model_id",) in source.unique(one) for one in children):
        return "V2b" if not children and "file_size_bytes" in source.columns("models") else "V2a"
    return "V2b"


def _javascript(source: Source) -> tuple[str, ...]:
    """What was created bounds the vintage on both sides, what was altered or indexed later only from below."""
    created = [*_models_made(source), *_metrics_made(source), *_others_made(source)]
    if not created:
        return ()
    first, last = max(low for low, _ in created), min(high for _, high in created)
    newest = max(first, _changed(source))
    if newest <= last:
        return (f"J{newest}",)
    return (f"J{max(low for low, _ in created if low <= last)}", f"J{newest}")


def _models_made(source: Source) -> list[Between]:
    columns = source.columns("models")
    if "docker_repo" in columns or not {"name", "model_path"} <= set(columns):
        return []
    made = _until(columns, "updated_at")
    if "model_url" in made:
        return [(1, 1)]
    if "file_size" not in made:
        return [(2, 2)]
    if "embedding_size" not in made:
        return [(3, 3)]
    return [(8, 9) if "favorite" in made else (4, 7)]


def _metrics_made(source: Source) -> list[Between]:
    columns = source.columns("metrics")
    if not {"cpu_usage", "memory_usage"} <= set(columns):
        return []
    made = _until(columns, "timestamp")
    if "gpu_temperature" in made:
        return [(1, 1)]
    if "gpu_usage" not in made:
        return [(2, 5)]
    return [(9, 9) if "swap_usage" in made else (6, 8)]


def _others_made(source: Source) -> list[Between]:
    """Tables of these names are common: they prove nothing unless the dashboard's settings are beside them."""
    if not {"key", "value"} <= set(source.columns("server_config")):
        return []
    found = [_ANY]
    if "logs" in source.tables:
        found.append((1, 1) if "context" in source.columns("logs") else (2, 9))
    if "metadata" in source.tables and "updated_at" not in source.columns("metadata"):
        found.append((1, 1))
    return found


def _changed(source: Source) -> int:
    """The newest J whose additions are there."""
    models, metrics = source.columns("models"), source.columns("metrics")
    evidence = {
        8: "favorite" in models,
        7: "swap_usage" in metrics,
        6: "gpu_usage" in metrics and "gpu_temperature" not in metrics,
        5: bool(source.indexes & {"idx_metadata_key", "idx_logs_source"}),
        4: "embedding_size" in models,
    }
    return next((number for number, there in evidence.items() if there), 1)


def _migrated(source: Source) -> tuple[str, ...]:
    """M004a differs from M004b only in defaults; whether they are M004a's is seen from the row."""
    if not {"router_config", "logging_config", "migration_backup_004"} & set(source.tables):
        return ()
    rows = (str(row.get("value")) for row in source.rows("router_config"))
    return ("M004a",) if any('"modelsPath":"./models"' in row.replace(" ", "") for row in rows) else ("M004b",)


def _until(columns: tuple[str, ...], last: str) -> frozenset[str]:
    """Columns of the CREATE TABLE, which ended with this one; what follows was added to an older table."""
    return frozenset(columns[: columns.index(last) + 1] if last in columns else columns)


def _unknown(source: Source) -> tuple[Note, ...]:
    tables = (
        Note(code=Code.UNKNOWN_TABLE, message=f"the dashboard had no table `{table}`: it is ignored", column=table)
        for table in source.tables
        if table not in KNOWN
    )
    columns = (
        Note(
            code=Code.UNKNOWN_COLUMN,
            message=f"the dashboard had no column `{column}` in `{table}`: it is ignored",
            column=f"{table}.{column}",
        )
        for table in source.tables
        for column in source.columns(table)
        if table in KNOWN and column not in KNOWN[table]
    )
    return (*tables, *columns)
