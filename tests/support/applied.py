"""Applied documents for tests: every setting at every kind of value, as a checked spec puts it."""

import tempfile
from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import Any

from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Applied
from reconciler.spec.registry import all_settings
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import validate
from tests.support.setting_samples import values

PROCESS: dict[str, Any] = {
    "environment": {"PATH": "/bin", "HOME": "/h\udce4"},
    "secrets": {"LLAMA_API_KEY": "hmac", "HF_TOKEN": None},
    "llama_server": {"path": "/bin/llama-server", "size": 14_600, "version": "version: 10434"},
}
FILES = {"/m.gguf": {"size": 120_000, "mtime_ns": 1_700_000_000_123_456_789, "architecture": "qwen3"}}
OWN: dict[str, Any] = {
    "load": "on-demand",
    "aliases": ["café", "😀"],
    "enabled": False,
    "protect": True,
    "extra_args": {"--new": True, "--list": ["a", 1], "--none": None},
    "env": {"X": "1"},
    "moved_from": "before",
    "health": {"startup_timeout": "5m", "stop_grace": 1},
    "restart": {"policy": "never", "max_attempts": 2},
}
"""What a model says that is no setting of llama-server."""


@cache
def samples() -> tuple[tuple[str, Any], ...]:
    """Every setting with each of its sample values, in the form of a document."""
    with tempfile.TemporaryDirectory() as directory:
        return tuple(
            (path, _at(one, path))
            for path, setting in all_settings().items()
            for value in values(setting, directory)
            for one in (as_document(path, value),)
        )


def as_document(path: str, value: Any) -> dict[str, Any]:
    """One setting as the document of whoever has it."""
    tree = nested({path: value})
    if "server" in tree:
        return {"server": validate(ServerSpec, tree["server"]).document()}
    if "router" in tree:
        return {"router": validate(RouterSpec, tree["router"]).document()}
    return validate(ModelSpec, tree).document()


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their path as the tree that they are of."""
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *up, leaf = path.split(".")
        node = tree
        for key in up:
            node = node.setdefault(key, {})
        node[leaf] = value
    return tree


def model(flat: Mapping[str, Any], more: Mapping[str, Any] | None = None, *, serve: str = "dedicated") -> Applied:
    """A model that was applied with these settings; those of the router are left out."""
    tree = nested({path: value for path, value in flat.items() if not path.startswith("router.")})
    server = tree.pop("server", {})
    own = {"serve": serve, "port": 8100, "server": server, **PROCESS} if serve == "dedicated" else {}
    return Applied(
        spec_version=1, serve=serve, document={"path": "/m.gguf", "files": FILES, **tree, **own, **(more or {})}
    )


def router(flat: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Applied:
    """A router that was applied with these settings; those of models are left out."""
    tree = nested({path: value for path, value in flat.items() if path.startswith(("router.", "server."))})
    document = {"router": {"port": 8080, **tree.get("router", {})}, "server": tree.get("server", {}), **PROCESS}
    return Applied(spec_version=1, serve="process", document=document | dict(more or {}))


def everything(names: Container[str] | None = None) -> Iterator[Applied]:
    """Documents that together have every setting (of these names) at each of its sample values."""
    left = [one for one in samples() if names is None or one[0].rpartition(".")[2] in names]
    while left:
        flat, rest = {}, []
        for path, value in left:
            if path in flat:
                rest.append((path, value))
            else:
                flat[path] = value
        left = rest
        yield model(flat, validate(ModelSpec, OWN).document())
        yield model(flat, serve="router")
        yield router(flat)


def complete() -> Applied:
    """A model of the router that says everything that one can say."""
    return model(dict(samples()), validate(ModelSpec, OWN).document(), serve="router")


def _at(tree: Any, path: str) -> Any:
    for key in path.split("."):
        tree = tree[key]
    return tree
