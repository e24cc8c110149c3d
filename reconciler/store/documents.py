"""
Applied documents to rows and back, without loss: what no column can hold stands in `other`, as JSON.

A document of a model is a line of `models`, one for each section that says something, and one for each file; that of
the router is a line of `router_config`. What only a process of its own has is a line of `processes`, which refers to
the server section that it was started with. Every function belongs into a transaction of the caller.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeGuard

from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_name
from reconciler.errors import StoreError
from reconciler.spec.record import Applied
from reconciler.spec.versions import upcast
from reconciler.store import server_configs
from reconciler.store.columns import from_other, to_json
from reconciler.store.database import Database
from reconciler.store.tables import Table, insert, merged, section_table, tables_of

PROCESS = ("server", "environment", "secrets", "llama_server")
"""Keys of a document that only a process of its own has."""

IMPLIED = ("serve", "files")
"""Keys that follow from where a document stands; one that has none says so by a `null` in `other`."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "models": ("uid", "serve", "spec_version", "other"),
    "router_config": ("uid", "spec_version", "other"),
    "processes": ("uid", "server_config"),
    "model_files": ("uid", "path"),
}
Part = tuple[tuple[Any, ...], dict[str, Any]]
"""The keys of a row, and the tree that the rest of it is."""

_FACTS = frozenset({"size", "mtime_ns", "architecture"})


class _Parts(dict[str, dict[str, Part]]):
    """The rows of each table by uid, decoded when they are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, tuple[Table, int, list[Any]]] = {}

    def read(self, table: Table, keys: int, rows: list[Any]) -> None:
        """Takes the rows of a table, of which the first columns are keys."""
        self._rows[table.name] = (table, keys, rows)

    def __missing__(self, name: str) -> dict[str, Part]:
        self[name] = {keys[0]: (keys, tree) for keys, tree in self._decoded(name)}
        return self[name]

    @cached_property
    def files(self) -> dict[str, list[Part]]:
        """The files of each model."""
        found: dict[str, list[Part]] = {}
        for keys, facts in self._decoded("model_files"):
            found.setdefault(keys[0], []).append((keys, facts))
        return found

    def _decoded(self, name: str) -> Iterator[Part]:
        table, count, rows = self._rows[name]
        return zip([row[:count] for row in rows], table.joined([row[count:] for row in rows]), strict=True)


def put_document(database: Database, uid: SlotUid, resource: ResourceId, applied: Applied | None) -> None:
    """Makes the store say that this was applied, and nothing else of what was before."""
    for table in ("models", "router_config", "processes"):
        database.execute(f"DELETE FROM {table} WHERE uid = ?", (uid,))  # noqa: S608 - our own names
    if applied is None:
        return
    if applied.serve == "process":
        head: dict[str, Any] = {"uid": uid, "spec_version": applied.spec_version}
        rest = _put_router(database, head, dict(applied.document))
    else:
        name = model_name(resource) or resource
        head = {"uid": uid, "name": name, "serve": applied.serve, "spec_version": applied.spec_version}
        rest = _put_model(database, head, dict(applied.document))
    if rest:
        database.execute(
            f"UPDATE {_head_of(applied.serve)} SET other = ? WHERE uid = ?",  # noqa: S608 - our own names
            (to_json(rest), uid),
        )


class Documents:
    """
    What was applied, in the form in which it was written.

    All rows are read at once; a table is decoded when somebody asks for what is in it, for all documents together.
    """

    def __init__(
        self, database: Database, uids: Sequence[str] | None = None, sections: Iterable[str] | None = None
    ) -> None:
        """
        Reads the rows.

        Args:
            uids: of what is wanted; all unless given.
            sections: of the models that are wanted; all unless given. What stands in `other` is always there.
        """
        tables = tables_of(database)
        self._sections = tables.sections if sections is None else tuple(sections)
        scope = "" if uids is None else " WHERE uid IN (SELECT value FROM json_each(?))"
        parameters = () if uids is None else (to_json(list(uids)),)
        self._parts = _Parts()
        for table, keys in {**_KEYS, **{section_table(one): ("uid",) for one in self._sections}}.items():
            columns = f"{', '.join(keys)}, {tables[table].selected}"
            rows = database.rows(f"SELECT {columns} FROM {table}{scope}", parameters)  # noqa: S608 - our own names
            self._parts.read(tables[table], len(keys), rows)
        self._servers = server_configs.by_number(database)

    def all(self) -> dict[str, Applied]:
        """Every document, by uid."""
        uids = [*self._parts["models"], *self._parts["router_config"]]
        return {uid: one for uid in uids if (one := self.get(uid))}

    def get(self, uid: str, sections: Iterable[str] | None = None) -> Applied | None:
        """One document, with those sections that are asked for of those that were read; `None` if none was applied."""
        if row := self._parts["models"].get(uid):
            (_, serve, version, other), tree = row
            document = {"files": self._files(uid), **tree, **self._process(uid)}
            if serve == "dedicated":
                document["serve"] = serve
            for section in self._sections if sections is None else sections:
                if found := self._parts[section_table(section)].get(uid):
                    document[section] = dict(found[1])
        elif row := self._parts["router_config"].get(uid):
            (_, version, other), tree = row
            serve, document = "process", ({"router": tree} if tree else {}) | self._process(uid)
        else:
            return None
        return _applied(version, serve, document, other)

    def _process(self, uid: str) -> dict[str, Any]:
        if not (row := self._parts["processes"].get(uid)):
            return {}
        (_, server), tree = row
        return tree if server is None else tree | {"server": self._servers[server]}

    def _files(self, uid: str) -> dict[str, Any]:
        return {path: facts for (_, path), facts in self._parts.files.get(uid, ())}


def read_router(database: Database) -> Mapping[str, Any] | None:
    """What the router was applied with."""
    uids = [uid for (uid,) in database.rows("SELECT uid FROM resources WHERE resource = ?", (ROUTER,))]
    found = Documents(database, uids, sections=()).all().values()
    return next((upcast(one.document, one.spec_version).get("router") for one in found), None)


def put_section(database: Database, resource: ResourceId, section: str, tree: Mapping[str, Any]) -> None:
    """Replaces one section of a model that was applied; the others stay."""
    found = database.rows("SELECT uid, other FROM models JOIN resources USING (uid) WHERE resource = ?", (resource,))
    if not found:
        raise StoreError(f"{resource} has no section `{section}`: it was never applied", hint="run `reconcile apply`")
    table = tables_of(database)[section_table(section)]
    [(uid, text)], (columns, rest) = found, table.split(tree)
    database.execute(f"DELETE FROM {table.name} WHERE uid = ?", (uid,))  # noqa: S608 - our own names
    if columns and not _inserted(database, table.name, {"uid": uid}, columns):
        rest = dict(tree)
    other = from_other(text, "models")
    other.pop(section, None)
    other |= {section: rest} if rest else {}
    database.execute("UPDATE models SET other = ? WHERE uid = ?", (to_json(other) if other else None, uid))


def _head_of(serve: str) -> str:
    return "router_config" if serve == "process" else "models"


def _put_router(database: Database, head: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Writes the lines of a document whose settings stand below `router`; returns what they could not hold."""
    process = {key: document.pop(key) for key in PROCESS if key in document}
    router = document.get("router")
    if isinstance(router, Mapping) and router:
        columns, left = tables_of(database)["router_config"].split(document.pop("router"))
        if not _inserted(database, "router_config", head, columns):
            left = dict(router)
        document |= {"router": left} if left else {}
    else:
        insert(database, "router_config", head)
    return document | _put_process(database, head["uid"], process)


def _put_model(database: Database, head: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Writes the lines of a model; returns what they could not hold."""
    tables, key = tables_of(database), {"uid": head["uid"]}
    process = {key: document.pop(key) for key in PROCESS if key in document}
    files, rest = _split_implied(document, head["serve"])
    found = {one: document.pop(one) for one in tables.sections if isinstance(document.get(one), Mapping)}
    columns, left = tables["models"].split(document)
    rest |= left if _inserted(database, "models", head, columns) else document
    for section, tree in found.items():
        columns, left = tables[section_table(section)].split(tree)
        if columns and not _inserted(database, section_table(section), key, columns):
            left = tree
        rest |= {section: left} if left or not tree else {}
    for path, facts in files.items():
        insert(database, "model_files", {**key, "path": path, **facts})
    return rest | _put_process(database, head["uid"], process)


def _inserted(database: Database, table: str, key: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
    """
    Writes a row, of which the key alone stays where the checks refuse a value.

    An adopted process may run with what no setting allows: that is kept as it is, and no step fails of it.
    """
    try:
        insert(database, table, {**key, **columns})
    except sqlite3.IntegrityError:
        insert(database, table, key)
        return False
    return True


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


def _put_process(database: Database, uid: SlotUid, process: dict[str, Any]) -> dict[str, Any]:
    """Writes what only a process has, with the number of its server section; returns what it could not hold."""
    server = process.pop("server", None)
    columns, rest = tables_of(database)["processes"].split(process)
    if isinstance(server, Mapping):
        columns["server_config"] = server_configs.number_of(database, server)
    elif server is not None:
        rest["server"] = server
    if columns:
        insert(database, "processes", {"uid": uid, **columns})
    return rest


def _applied(version: int, serve: str, document: dict[str, Any], other: str | None) -> Applied:
    if other is not None:
        merged(document, from_other(other, _head_of(serve)))
        if serve != "process":
            document = {key: value for key, value in document.items() if value is not None or key not in IMPLIED}
    return Applied(spec_version=version, serve=serve, document=document)
