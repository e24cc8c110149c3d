"""
Where the store of a fleet is: `--store`, `RECONCILE_STORE`, else by the fleet's name below the state directory.

`status` and `logs` must be quick, so the name is read off its line where that is beyond doubt: a top-level key stands
at the first column, where nothing that belongs to another value can stand.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote

from reconciler.cli.request import Common
from reconciler.config.files import default_paths, gather

NAME = re.compile(rb"^fleet:[ \t]+([A-Za-z0-9][A-Za-z0-9._-]*)[ \t]*(?:#.*)?\r?$", re.MULTILINE)
ANY_KEY = re.compile(rb"^(?:fleet|'fleet'|\"fleet\"|\?|\{)", re.MULTILINE)
LITERAL = " @+,=()"
"""Characters of a name that a directory's name keeps; a letter of any language is kept too."""


def config_paths(common: Common) -> tuple[Path, ...]:
    """What the user named, else what lies here."""
    return tuple(map(Path, common.config)) or default_paths(Path())


def store_directory(common: Common) -> Path:
    """The directory of the store, which may not exist yet."""
    return named_directory(common.store) or directory_of(_fleet_name(common))


def named_directory(store: str | None) -> Path | None:
    """The directory that the user named, absolute: it is written into command lines of servers."""
    return Path(store).expanduser().absolute() if store else None


def directory_of(fleet: str) -> Path:
    """The directory of a fleet's store by its name."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "reconciler" / _file_name(fleet)


def _file_name(fleet: str) -> str:
    kept = "".join(one if one.isalnum() or one in LITERAL else quote(one, safe="") for one in fleet)
    return kept.replace(".", "%2E", 1) if kept.startswith(".") else kept


def _fleet_name(common: Common) -> str:
    paths = config_paths(common)
    files, _ = gather(paths)
    said: list[str] = [one.decode() for file in files for one in NAME.findall(file.data)]
    keys = sum(len(ANY_KEY.findall(file.data)) for file in files)
    if keys == len(said) == 1:
        return said[0]
    from reconciler.cli.fleet import read_fleet  # noqa: PLC0415 - slow, and seldom needed

    name: str = read_fleet(common, paths).spec.fleet
    return name
