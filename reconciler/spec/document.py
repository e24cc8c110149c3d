"""The applied document of a resource: what it is made from, in plain values that a record keeps and a plan compares."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.domain.observation import BinaryIdentity, FileFacts, Observation
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Applied
from reconciler.spec.registry import written
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import SECRETS, ServerSpec
from reconciler.spec.sources import SOURCES, download_path
from reconciler.spec.versions import SPEC_VERSION

Document = Mapping[str, Any]

FACTS = ("environment", "secrets", "llama_server", "files", "download")
"""Keys of a document that no spec has: what was found on the host when it was applied."""

ELSEWHERE = frozenset({*SECRETS, "ports"})
"""Keys of `server` that do not stand in a document: secrets are compared by HMAC, the pool by the port it gave."""


def files_of(model: ModelSpec) -> dict[str, tuple[str, ...]]:
    """The files on the host that a model is made from, by the path of their setting."""
    found: dict[str, tuple[str, ...]] = {"path": (model.path,)} if model.path is not None else {}
    for setting, value in written(model):
        if setting.info.path_to_file and value:
            found[setting.path] = (value,) if isinstance(value, str) else tuple(value)
    return found


def model_applied(
    fleet: FleetSpec, model: ModelSpec, seen: Observation, *, port: int | None, before: Applied | None = None
) -> Applied:
    """
    What a model is made from; a model of the router has no process of its own and so no process-level part.

    Args:
        before: what was applied last, by which a file that was downloaded stays where it is.
    """
    document: dict[str, Any] = {**model.document(), "files": _files(model, seen)}
    document.pop("port", None)
    if download := download_target(document, seen.environment, before.document if before else {}):
        document["download"] = download
    if model.serve == "dedicated":
        document |= _process(fleet, seen) | {"port": port}
    return Applied(spec_version=SPEC_VERSION, serve=model.serve, document=document)


def router_applied(fleet: FleetSpec, seen: Observation) -> Applied | None:
    """What the router's own process is made from; nothing when the fleet has none."""
    if (router := fleet.active_router) is None:
        return None
    document = {"router": router.complete(), **_process(fleet, seen)}
    return Applied(spec_version=SPEC_VERSION, serve="process", document=document)


def started_again(applied: Applied, fleet: FleetSpec, seen: Observation) -> Applied:
    """An earlier version as it is made today: by the build, with the keys and from the files that are there now."""
    document = dict(applied.document)
    if files := document.get("files"):
        document["files"] = {path: _facts(now) if (now := seen.files.get(path)) else old for path, old in files.items()}
    if "llama_server" in document:
        keys = {variable: one for variable, one in _secrets(fleet, seen).items() if variable in document["secrets"]}
        document |= {"llama_server": _build(seen.binary), "secrets": keys}
    return replace(applied, document=document)


def _secrets(fleet: FleetSpec, seen: Observation) -> dict[str, str | None]:
    return {variable: seen.secrets.get(ref.reference) for variable, ref in fleet.server.secrets().items()}


def _process(fleet: FleetSpec, seen: Observation) -> dict[str, Any]:
    server = {key: value for key, value in fleet.server.complete().items() if key not in ELSEWHERE}
    return {
        "server": server,
        "environment": dict(seen.environment),
        "secrets": _secrets(fleet, seen),
        "llama_server": _build(seen.binary),
    }


def download_target(document: Document, environment: Mapping[str, str], before: Document) -> str | None:
    """
    Where the file of a model goes that has an address: for good, whatever the environment of the next caller says.

    Another place would be another section of the router, and the same file once more.

    Args:
        before: the document that was applied last.
    """
    same = all(document.get(key) == before.get(key) for key in ("url", "docker", "env"))
    known = before.get("download") if same else None
    return known or download_path(document, {**environment, **document.get("env", {})})


def _build(binary: BinaryIdentity) -> dict[str, Any]:
    """Time is left out: the same build installed again is the same build."""
    return {"path": binary.path, "size": binary.size, "version": binary.version}


def _files(model: ModelSpec, seen: Observation) -> dict[str, Any]:
    facts = {path: seen.files.get(path) for paths in files_of(model).values() for path in paths}
    return {path: _facts(one) for path, one in facts.items() if one}


def _facts(file: FileFacts) -> dict[str, Any]:
    """A new header comes with a new time, so that the architecture is no difference of its own."""
    facts = {"size": file.size, "mtime_ns": file.mtime_ns}
    return facts if file.architecture is None else facts | {"architecture": file.architecture}


@frozen
class Parts:
    """
    An applied document as specs again: what a process is started from, now or when going back.

    Attributes:
        model: with the file that a download goes to as its `path`.
    """

    server: ServerSpec
    model: ModelSpec | None = None
    router: RouterSpec | None = None
    port: int | None = None


def read_back(applied: Applied) -> Parts:
    """
    The specs that a document stands for.

    Raises:
        pydantic.ValidationError: when the document is not one of ours.
    """
    from reconciler.spec.validating import validate  # noqa: PLC0415 - only who goes back or adopts needs it

    document = dict(applied.document)
    rest = {key: document.pop(key, None) for key in ("server", "router", "port", *FACTS)}
    file = {"path": rest["download"]} if rest["download"] else {}
    return Parts(
        server=validate(ServerSpec, rest["server"] or {}),
        router=validate(RouterSpec, rest["router"]) if rest["router"] else None,
        model=validate(ModelSpec, {**document, **file}) if any(key in document for key in SOURCES) else None,
        port=rest["port"],
    )
