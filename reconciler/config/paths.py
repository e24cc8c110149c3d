"""Paths to files on the host: relative to the file that says them, absolute from here on."""

from collections.abc import Iterator
from functools import cache
from os.path import expanduser, isabs, join, normpath
from typing import Any

from reconciler.spec.registry import model_settings, server_settings

SECRETS = ("api_key", "hf_token")


def absolute(value: str, directory: str) -> str:
    """One path, normalised as text: links are left as they are, for the host to follow."""
    if not value:
        return value
    home = expanduser(value) if value.startswith("~/") else value  # noqa: PTH111 - text, not a look at the host
    return normpath(home if isabs(home) else join(directory, home))  # noqa: PTH117, PTH118 - as above


def resolve_model(values: dict[str, Any], directory: str) -> dict[str, Any]:
    """A copy of a model's mapping with every path in it made absolute."""
    return _resolve(values, _model_paths(), directory)


def resolve_server(values: dict[str, Any], directory: str) -> dict[str, Any]:
    """The same for section `server`, whose secrets may come from files."""
    return _resolve(values, (*_server_paths(), *_model_paths()), directory)


def resolve_program(value: str, directory: str) -> str:
    """`llama_server:` is a path when it has a slash, else a name to look up."""
    return absolute(value, directory) if "/" in value else value


def _resolve(values: dict[str, Any], paths: tuple[tuple[str, ...], ...], directory: str) -> dict[str, Any]:
    result = dict(values)
    for first, *rest in paths:
        if first in result:
            result[first] = _replace(result[first], rest, directory)
    return result


def _replace(value: Any, rest: list[str], directory: str) -> Any:
    if rest:
        if not isinstance(value, dict) or rest[0] not in value:
            return value
        return {**value, rest[0]: _replace(value[rest[0]], rest[1:], directory)}
    if isinstance(value, list):
        return [absolute(one, directory) if isinstance(one, str) else one for one in value]
    if isinstance(value, dict):
        return {absolute(one, directory) if isinstance(one, str) else one: scale for one, scale in value.items()}
    return absolute(value, directory) if isinstance(value, str) else value


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
