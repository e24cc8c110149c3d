"""
What a process that somebody else started is made from, by its own command line.

Only that can be known: its environment and its secrets are taken to be the declared ones, and our own policies are.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.apply.context import Context
from reconciler.domain.change import Change
from reconciler.domain.names import ROUTER
from reconciler.domain.observation import ObservedProcess
from reconciler.errors import RuntimeFailure
from reconciler.llama.argv import after
from reconciler.llama.reading import ReadArgv, read_argv
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Applied
from reconciler.spec.registry import WITHOUT_EFFECT, server_settings

HOST_FACTS = ("environment", "secrets", "llama_server", "env")


def as_started(ctx: Context, change: Change, process: ObservedProcess, wanted: Applied) -> Applied:
    """
    The applied document of an adopted process; the next plan compares it with what is declared.

    Raises:
        RuntimeFailure: its command line says something that no setting can hold.
    """
    read = read_argv(process.argv, ctx.world.catalogue)
    server = {"host": read.host or "127.0.0.1", **_below("server", read.settings)}
    process_part = {"server": server, **{key: wanted.document[key] for key in HOST_FACTS if key in wanted.document}}
    if change.resource == ROUTER:
        router = {**_policies(wanted.document["router"]), **_below("router", read.settings), "port": read.port}
        # Its sections are its own until it is restarted with ours: a difference like any other.
        document = {**process_part, "router": router, "models_preset": after("--models-preset", process.argv)}
    else:
        document = {
            **_model(read, wanted.document, process.directory),
            **process_part,
            "port": read.port,
            "files": wanted.document["files"],
        }
    return Applied(spec_version=wanted.spec_version, serve=wanted.serve, document=document)


def _policies(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key in WITHOUT_EFFECT or key == "serve"}


def _below(head: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {path.partition(".")[2]: value for path, value in settings.items() if path.startswith(f"{head}.")}


def _model(read: ReadArgv, wanted: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """The model's part, brought to the form of a spec, so that `1` and `1.0` do not look like a change."""
    file = os.path.normpath(Path(directory, read.model_path or ""))
    source = {"path": file} if read.path else {}
    document = _policies(wanted) | source | {"extra_args": dict(read.unknown)}
    document["aliases"] = list(read.aliases[1:]) if read.aliases else wanted.get("aliases", [])
    for path, value in read.settings.items():
        if path in server_settings() or path.startswith("router."):
            continue
        section, _, key = path.rpartition(".")
        owner = document.setdefault(section, {}) if section else document
        owner[key] = value
    from reconciler.spec.validating import validate  # noqa: PLC0415 - only adoption needs it

    try:
        started = validate(ModelSpec, document).document()
    except ValueError as error:
        raise RuntimeFailure(
            "the command line of the process cannot be read back",
            detail=str(error),
            hint="stop it yourself, then run `reconcile apply`",
        ) from error
    return started | ({"download": file} if read.model_path and not read.path else {})
