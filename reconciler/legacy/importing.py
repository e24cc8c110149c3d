"""One database as a fleet: everything that becomes of it, as values; nothing is written here."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.legacy.facts import facts_of
from reconciler.legacy.fleet import Fleet, Keys, Model, fleet_of
from reconciler.legacy.labels import info_of, seen
from reconciler.legacy.origin import PLACEHOLDER
from reconciler.legacy.report import Dropped, Note
from reconciler.legacy.source import Source
from reconciler.legacy.stored_models import stored_fleet
from reconciler.legacy.unified import Config, Unified, unify
from reconciler.legacy.vault import Vault, vault_of
from reconciler.legacy.vintage import vintage_of
from reconciler.legacy.yaml_text import Surroundings, Written, written
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.excluded import EXCLUDED
from reconciler.spec.model import name_problem

Json = dict[str, Any]

HISTORY = ("metrics", "metrics_history", "logs")


@frozen
class Imported:
    """
    Attributes:
        text: the configuration.
        tree: what a reader must find in it.
        files: secrets by the names of their files.
        report: everything that is told of it, without `written`.
        facts: what the metadata of the store is to keep.
    """

    text: str
    tree: Mapping[str, Any]
    files: Mapping[str, str]
    report: Json
    facts: Mapping[str, str]


def imported(
    source: Source, *, fleet: str, exists: Callable[[str], bool], catalogue: Callable[[], Catalogue | None], keys: Keys
) -> Imported:
    """
    What a database becomes.

    Args:
        fleet: its name; empty is that of the file.
        exists: whether a program is on this machine.
        catalogue: gives the flags of the build at hand; asked when there are options that are no setting.
        keys: reads a file of keys; none where that is no such file on this machine.

    Raises:
        LegacyError: it is no database of the dashboard.
    """
    vintage, vault, unified = vintage_of(source), vault_of(source), unify(source)
    found = fleet_of(stored_fleet(source), unified, vault, keys)
    server = str(unified.router.values["serverPath"])
    around = Surroundings(
        fleet=fleet or _fleet_name(source.path, vault),
        source=source.path.name,
        vintage=str(vintage),
        program=bool(server) and not vault.within(server) and exists(server),
        takes=lambda flag, value: (known := catalogue()) is not None and _takes(known, flag, value),
    )
    text = written(found, unified, around, vault.blotted)
    notes = (*vintage.notes, *vault.notes, *unified.notes, *found.notes, *text.notes)
    told = {(one.code, one.message, one.model, one.column): one for one in notes}.values()
    report = _report(source, str(vintage), found, unified, text) | {
        "warnings": [_note(one) for one in told],
        "dropped": [_dropped(one) for one in (*unified.dropped, *found.dropped, *text.dropped)],
    }
    return Imported(
        text=text.text,
        tree=text.tree,
        files=vault.files,
        report=_blotted(report, vault),
        facts=facts_of(source, found.models, vault),
    )


def _fleet_name(path: Path, vault: Vault) -> str:
    plain = re.sub(r"[^\w.-]+", "-", path.stem).strip("-.") or "dashboard"
    return "dashboard" if name_problem(plain) or vault.within(plain) else plain


def _takes(catalogue: Catalogue, flag: str, value: object) -> bool:
    entry = catalogue.entry(flag)
    if entry is None or not catalogue.knows(flag) or entry.flag in EXCLUDED or flag.startswith("--models-"):
        return False
    items = value if isinstance(value, list) else [value]
    return all((one is True) == (entry.value is None) and not isinstance(one, list | dict) for one in items)


def _report(source: Source, vintage: str, fleet: Fleet, unified: Unified, text: Written) -> Json:
    counts = {"models": len(fleet.models), **{table: source.count(table) for table in HISTORY}}
    defaulted = sum(len(one.values) - len(one.origin) for one in (unified.router, unified.logging))
    return {
        "source": {"path": str(source.path), "sha256": source.digest, "vintage": vintage},
        "counts": {name: count for name, count in counts.items() if name == "models" or name in source.tables},
        "imported": text.carried,
        "defaulted": fleet.unset + defaulted,
        "models": [_model(one) for one in fleet.models],
        "router": dict(unified.router.values),
        "router_explicit": list(unified.router.explicit),
        "router_origin": _origin(unified.router),
        "logging": dict(unified.logging.values),
        "logging_explicit": list(unified.logging.explicit),
        "logging_origin": _origin(unified.logging),
        "server_settings": {path: one.value for path, one in fleet.server.items()},
        "server_secrets": {key: {"file": file} for key, file in fleet.secrets.items()},
        "defaults": {path: one.value for path, one in fleet.defaults.items()},
    }


def _origin(config: Config) -> Json:
    return {"generation": config.generation, **config.origin}


def _model(one: Model) -> Json:
    return {
        "name": one.stored.name,
        "new_name": one.naming.name,
        "path": one.settled.sources.get("path"),
        "enabled": one.enabled,
        "serve": "dedicated" if one.alone else "router",
        "source": {one.origin.key: one.origin.value} if one.origin.key else {"path": PLACEHOLDER},
        "settings": {path: wish.value for path, wish in one.settings.items()},
        **({"port": one.port} if one.port is not None else {}),
        **({"hf_file": one.origin.file} if one.origin.file else {}),
        **({"extra_args": one.settled.extra} if one.settled.extra else {}),
        **({"secrets": one.settled.secrets} if one.settled.secrets else {}),
        **seen(one.stored.labels),
        "info": info_of(one.stored.labels),
    }


def _note(note: Note) -> Json:
    document = {"code": note.code.value, "message": note.message, "model": note.model, "column": note.column}
    return {key: value for key, value in document.items() if value is not None} | (
        {"recoverable": dict(note.recoverable)} if note.recoverable else {}
    )


def _dropped(one: Dropped) -> Json:
    return {"what": one.what, "reason": one.reason} | ({"model": one.model} if one.model is not None else {})


def _blotted(tree: Any, vault: Vault) -> Any:
    """The same without any secret, wherever it came in."""
    if isinstance(tree, str):
        return vault.blotted(tree)
    if isinstance(tree, Mapping):
        return {vault.blotted(key): _blotted(value, vault) for key, value in tree.items()}
    return [_blotted(one, vault) for one in tree] if isinstance(tree, list | tuple) else tree
