"""What is said of a file: warnings, and what could not be carried."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from reconciler.domain.frozen import frozen


class Code(StrEnum):
    """Why a warning; stable, for programs that read the report."""

    REMOVED_OPTION = "removed_option"
    BAD_JSON = "bad_json"
    BAD_TYPE = "bad_type"
    SECRET = "secret"  # noqa: S105 - the name of a warning
    DUPLICATE_NAME = "duplicate_name"
    DUPLICATE_ROWS = "duplicate_rows"
    ORPHAN_ROWS = "orphan_rows"
    INTERRUPTED_004 = "interrupted_004"
    RESTORED_FROM_BACKUP = "restored_from_backup"
    DIFFERS_FROM_BACKUP = "differs_from_backup"
    PARTIAL_CONFIG = "partial_config"
    UNKNOWN_COLUMN = "unknown_column"
    UNKNOWN_TABLE = "unknown_table"
    NO_MODELS_TABLE = "no_models_table"
    NO_SOURCE = "no_source"
    PATH_NOT_A_FILE = "path_not_a_file"
    BAD_NAME = "bad_name"
    RELATIVE_PATH = "relative_path"
    AUTHOR_DEFAULT = "author_default"
    NOT_CARRIED = "not_carried"
    UNKNOWN_OPTION = "unknown_option"
    OWN_PROCESS = "own_process"
    FOR_ALL = "for_all"


@frozen
class Note:
    """
    One warning.

    Attributes:
        model: the name in the source, where it is about one model.
        column: `table.column` or `table.key` of the source, where it is about one.
        recoverable: values of before that the user may want back, by key.
    """

    code: Code
    message: str
    model: str | None = None
    column: str | None = None
    recoverable: Mapping[str, object] = field(default_factory=dict)


@frozen
class Dropped:
    """One thing of the source that has no place in the result; `what` names it as the source does."""

    what: str
    reason: str
    model: str | None = None
