"""Paths to files on the host: relative to the file that says them, absolute from here on."""

from collections.abc import Iterator
from functools import cache
from os.path import expanduser, isabs, join, normpath
from typing import Any

from reconciler.config.node import Node
from reconciler.config.text import Place
from reconciler.spec.registry import model_settings, server_settings
from reconciler.spec.server import SECRETS


def absolute(value: str, directory: str) -> str:
    """One path, normalised as text: links are left as they are, for the host to follow."""
    if not value:
        return value
    home = expanduser(value) if value.startswith("~/") else value  # noqa: PTH111 - text, not a look at the host
    return normpath(home if isabs(home) else join(directory, home))  # noqa: PTH117, PTH118 - as above


def resolve_model(node: Node) -> dict[str, Any]:
    """The values of a model's mapping, every path in it made absolute."""
    return _resolve(node, _model_paths())


def resolve_server(node: Node) -> dict[str, Any]:
    """The same for section `server`, whose secrets may come from files."""
    return _resolve(node, (*_server_paths(), *_model_paths()))


def resolve_program(value: str, directory: str) -> str:
    """`llama_server:` is a path when it has a slash, else a name to look up."""
    return absolute(value, directory) if "/" in value else value


def _resolve(node: Node, paths: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    result: dict[str, Any] = dict(node.value)
    entries = node.entries or {}
    for first, *rest in paths:
        if first in entries:
            result[first] = _replace(result[first], entries[first].node, rest)
    return result


def _replace(value: Any, node: Node, rest: list[str]) -> Any:
    """Each part goes by the file that says it: a profile may stand in another one."""
    if rest:
        inner = node.entries.get(rest[0]) if node.entries else None
        return {**value, rest[0]: _replace(value[rest[0]], inner.node, rest[1:])} if inner else value
    if node.items is not None:
        return [_here(item.value, item.place) for item in node.items]
    if node.entries is not None:
        return {_here(path, entry.place): entry.node.value for path, entry in node.entries.items()}
    return _here(value, node.place)


def _here(value: Any, place: Place) -> Any:
    return absolute(value, place.text.directory) if isinstance(value, str) else value


@cache
def _model_paths() -> tuple[tuple[str, ...], ...]:
    found = (path for path, setting in model_settings().items() if setting.info.is_path)
    return (("path",), *(tuple(path.split(".")) for path in found))


@cache
def _server_paths() -> tuple[tuple[str, ...], ...]:
    return tuple(_server_keys())


def _server_keys() -> Iterator[tuple[str, ...]]:
    for path, setting in server_settings().items():
        if setting.info.is_path:
            yield (path.removeprefix("server."),)
    for secret in SECRETS:
        yield (secret, "file")
