"""
Applied documents to rows and back, without loss: what no column can hold stands in `other`, as JSON.

A document of a model is a line of `models`, one for each section that says something, and one for each file; that of
the router is a line of `router_config`. What only a process of its own has is a line of `processes`, which refers to
the server section that it was started with. Every function belongs into a transaction of the caller.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_name
from reconciler.errors import StoreError
from reconciler.spec.record import Applied
from reconciler.spec.versions import upcast
from reconciler.store import server_configs
from reconciler.store.columns import from_json_text, to_json
from reconciler.store.database import Database
from reconciler.store.tables import Table, Tables, insert, merged, section_table, tables_of

PROCESS = ("server", "environment", "secrets", "llama_server")
"""Keys of a document that only a process of its own has."""

IMPLIED = ("serve", "files")
"""Keys that follow from where a document stands; one that has none says so by a `null` in `other`."""

_FACTS = frozenset({"size", "mtime_ns", "architecture"})


def put_document(database: Database, uid: SlotUid, resource: ResourceId, applied: Applied | None) -> None:
    """Makes the store say that this was applied, and nothing else of what was before."""
    for table in ("models", "router_config", "processes"):
        database.execute(f"DELETE FROM {table} WHERE uid = ?", (uid,))  # noqa: S608 - our own names
    if applied is None:
        return
    head: dict[str, Any] = {"uid": uid, "spec_version": applied.spec_version}
    if applied.serve != "process":
        head |= {"name": model_name(resource) or resource, "serve": applied.serve}
    database.execute("SAVEPOINT document")
    try:
        _put_columns(database, head, applied)
    except sqlite3.IntegrityError:
        # An adopted process may run with what no setting allows: it is kept as it is, and the step does not fail.
        database.execute("ROLLBACK TO document")
        other = dict(applied.document)
        if applied.serve != "process":
            other = dict.fromkeys(IMPLIED) | other
        insert(database, _head_of(applied.serve), head | {"other": to_json(other)})
    database.execute("RELEASE document")


def read_documents(
    database: Database, uids: Sequence[str] | None = None, sections: Iterable[str] | None = None
) -> dict[str, Applied]:
    """
    What was applied, by uid, in the form in which it was written.

    Args:
        uids: of what is wanted; all unless given.
        sections: of the models that are wanted; all unless given. What stands in `other` is always there.
    """
    tables = tables_of(database)
    scope = "" if uids is None else "WHERE uid IN (SELECT value FROM json_each(?))"
    parameters = () if uids is None else (to_json(list(uids)),)

    def rows(table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        return iter(database.execute(f"SELECT {columns} FROM {table} {scope}", parameters))  # noqa: S608 - our own names

    parts = {
        section: {uid: tables[section_table(section)].joined(values) for uid, *values in rows(*_part(tables, section))}
        for section in (tables.sections if sections is None else sections)
    }
    files: dict[str, dict[str, Any]] = {}
    for uid, path, *facts in rows("model_files", "uid, path, size, mtime_ns, architecture"):
        files.setdefault(uid, {})[path] = _facts(*facts)
    processes = _processes(database, tables, rows)
    found: dict[str, Applied] = {}
    models = tables["models"]
    for uid, serve, version, other, *values in rows("models", f"uid, serve, spec_version, other, {models.selected}"):
        document = {"files": files.get(uid, {}), **models.joined(values)}
        if serve == "dedicated":
            document["serve"] = serve
        for section, trees in parts.items():
            if uid in trees:
                document[section] = trees[uid]
        found[uid] = _applied(version, serve, document | processes.get(uid, {}), other)
    router = tables["router_config"]
    for uid, version, other, *values in rows("router_config", f"uid, spec_version, other, {router.selected}"):
        tree = router.joined(values)
        document = ({"router": tree} if tree else {}) | processes.get(uid, {})
        found[uid] = _applied(version, "process", document, other)
    return found


def read_router(database: Database) -> Mapping[str, Any] | None:
    """What the router was applied with."""
    uids = [uid for (uid,) in database.rows("SELECT uid FROM resources WHERE resource = ?", (ROUTER,))]
    found = read_documents(database, uids, sections=())
    return next((upcast(one.document, one.spec_version).get("router") for one in found.values()), None)


def put_section(database: Database, resource: ResourceId, section: str, tree: Mapping[str, Any]) -> None:
    """Replaces one section of a model that was applied; the others stay."""
    found = database.rows("SELECT uid, other FROM models JOIN resources USING (uid) WHERE resource = ?", (resource,))
    if not found:
        raise StoreError(f"{resource} has no section `{section}`: it was never applied", hint="run `reconcile apply`")
    table = tables_of(database)[section_table(section)]
    [(uid, text)], (columns, rest) = found, table.split(tree)
    database.execute(f"DELETE FROM {table.name} WHERE uid = ?", (uid,))  # noqa: S608 - our own names
    if columns:
        insert(database, table.name, {"uid": uid} | columns)
    other = from_json_text(text) if text else {}
    other.pop(section, None)
    other |= {section: rest} if rest else {}
    database.execute("UPDATE models SET other = ? WHERE uid = ?", (to_json(other) if other else None, uid))


def _head_of(serve: str) -> str:
    return "router_config" if serve == "process" else "models"


def _part(tables: Tables, section: str) -> tuple[str, str]:
    table = tables[section_table(section)]
    return table.name, f"uid, {table.selected}"


def _put_columns(database: Database, head: dict[str, Any], applied: Applied) -> None:
    tables, document, uid = tables_of(database), dict(applied.document), head["uid"]
    process = {key: document.pop(key) for key in PROCESS if key in document}
    line, rest = _process_line(database, tables["processes"], process)
    if applied.serve == "process":
        columns, left = _split_router(tables["router_config"], document)
        insert(database, "router_config", _with_other(head | columns, rest | left))
    else:
        files, left = _split_implied(document, applied.serve)
        rest |= left
        lines: dict[str, dict[str, Any]] = {}
        for section in tables.sections:
            if isinstance(tree := document.get(section), Mapping):
                lines[section], left = tables[section_table(section)].split(document.pop(section))
                rest |= {section: left} if left or not tree else {}
        columns, left = tables["models"].split(document)
        insert(database, "models", _with_other(head | columns, rest | left))
        for section, values in lines.items():
            if values:
                insert(database, section_table(section), {"uid": uid} | values)
        for path, facts in files.items():
            insert(database, "model_files", {"uid": uid, "path": path, **facts})
    if line:
        insert(database, "processes", {"uid": uid} | line)


def _with_other(line: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return line | {"other": to_json(other) if other else None}


def _split_router(table: Table, document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of a document whose settings stand below `router`, and the rest of it."""
    router = document.get("router")
    if not isinstance(router, Mapping) or not router:
        return {}, document
    columns, left = table.split(router)
    return columns, {key: value for key, value in document.items() if key != "router"} | (
        {"router": left} if left else {}
    )


def _split_implied(document: dict[str, Any], serve: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Takes the keys that are implied out of a document: its files, and what does not follow."""
    found = {key: document.pop(key) for key in IMPLIED if key in document}
    rest: dict[str, Any] = {}
    if found.get("serve", "router") != serve or ("serve" in found) != (serve == "dedicated"):
        rest["serve"] = found.get("serve")
    files = found.get("files")
    return (files, rest) if _is_files(files) else ({}, rest | {"files": files})


def _is_files(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and all(
        isinstance(facts, Mapping) and {"size", "mtime_ns"} <= facts.keys() <= _FACTS and _plain(path, facts)
        for path, facts in value.items()
    )


def _plain(path: str, facts: Mapping[str, Any]) -> bool:
    """Whether the columns give back what they are given."""
    numbers = all(type(facts[key]) is int and abs(facts[key]) < 2**63 for key in ("size", "mtime_ns"))
    texts = (path, facts["architecture"]) if "architecture" in facts else (path,)
    return numbers and all(type(one) is str and one.isprintable() for one in texts)


def _facts(size: int, mtime_ns: int, architecture: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"size": size, "mtime_ns": mtime_ns}
    return facts if architecture is None else facts | {"architecture": architecture}


def _process_line(database: Database, table: Table, process: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The line of `processes`, with the number of its server section, and what it cannot hold."""
    server = process.pop("server", None)
    columns, rest = table.split(process)
    if isinstance(server, Mapping):
        columns["server_config"] = server_configs.number_of(database, server)
    elif server is not None:
        rest["server"] = server
    return columns, rest


def _processes(database: Database, tables: Tables, rows: Any) -> dict[str, dict[str, Any]]:
    table = tables["processes"]
    servers = server_configs.by_number(database)
    found = {}
    for uid, server, *values in rows("processes", f"uid, server_config, {table.selected}"):
        found[uid] = table.joined(values) | ({} if server is None else {"server": servers[server]})
    return found


def _applied(version: int, serve: str, document: dict[str, Any], other: str | None) -> Applied:
    if other is not None:
        merged(document, from_json_text(other))
        if serve != "process":
            document = {key: value for key, value in document.items() if value is not None or key not in IMPLIED}
    return Applied(spec_version=version, serve=serve, document=document)
