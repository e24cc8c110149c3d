"""
What a fleet becomes for one build: command lines and the router's INI, without looking at files or processes.

A port that nobody gave yet is `null`, and `{port}` in the command line; a secret is its reference.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.domain.names import model_id
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.command import dedicated_argv, preset, router_argv, router_model_argv, section
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import BLANK, Line, Span, Style, line
from reconciler.spec.document import download_target
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.record import Record

Json = dict[str, Any]

PORT, UID = "{port}", "{uid}"


@frozen
class Target:
    """
    What a fleet is rendered for.

    Attributes:
        record: gives ports and uids that are known already.
        directory: of the store, where the INI and the logs lie.
        environment: what is passed on, by which downloads find their place.
    """

    binary: str
    catalogue: Catalogue
    record: Record
    directory: str
    environment: Mapping[str, str]


def rendered(fleet: FleetSpec, target: Target) -> Json:
    """
    Everything that would be started.

    Raises:
        LlamaServerError: the build cannot take one of the settings.
    """
    routed, dedicated = _placed(fleet.served_by("router"), target), _placed(fleet.served_by("dedicated"), target)
    models = {name: _routed(name, model, target) for name, model in routed.items()}
    models |= {name: _dedicated(name, model, fleet, target) for name, model in dedicated.items()}
    router = _router(fleet, routed, target) if fleet.active_router else None
    return {"format_version": FORMAT_VERSION, "router": router, "models": dict(sorted(models.items()))}


def rendered_text(document: Json) -> tuple[Line, ...]:
    """The same for a person, each command line fit to be pasted."""
    lines: list[Line] = []
    if router := document["router"]:
        lines += [*_command("router", router), BLANK, line(Span("router.ini", Style.BOLD))]
        lines += [line("  ", one) for one in router["ini"].splitlines()]
    for name, model in document["models"].items():
        lines += [*([BLANK] if lines else []), *_command(name, model)]
    return tuple(lines)


def _placed(models: Mapping[str, ModelSpec], target: Target) -> dict[str, ModelSpec]:
    """The same models, each with the file that its download goes to."""
    lines = {name: target.record.resources.get(model_id(name)) for name in models}
    applied = {name: line.applied.document if line and line.applied else {} for name, line in lines.items()}
    files = {name: download_target(one.document(), target.environment, applied[name]) for name, one in models.items()}
    return {name: one.replaced(path=file) if (file := files[name]) else one for name, one in models.items()}


def _router(fleet: FleetSpec, models: Mapping[str, ModelSpec], target: Target) -> Json | None:
    router = fleet.active_router
    if router is None:
        return None
    argv = router_argv(
        router,
        fleet.server,
        port=router.port,
        binary=target.binary,
        preset=f"{target.directory}/run/router.ini",
        catalogue=target.catalogue,
    )
    sections = {
        name: section(model, catalogue=target.catalogue, log_file=_log(name, target)) for name, model in models.items()
    }
    return {"port": router.port, "argv": list(argv), "env": _secrets(fleet), "ini": preset(sections)}


def _routed(name: str, model: ModelSpec, target: Target) -> Json:
    log = _log(name, target)
    argv = router_model_argv(model, binary=target.binary, catalogue=target.catalogue, log_file=log)
    return {"serve": "router", "argv": list(argv)}


def _dedicated(name: str, model: ModelSpec, fleet: FleetSpec, target: Target) -> Json:
    known = target.record.resources.get(model_id(name))
    port = model.port or (known.port if known else None)
    argv = dedicated_argv(model, name, fleet.server, port=port or 0, binary=target.binary, catalogue=target.catalogue)
    words = list(argv)
    if port is None:
        words[words.index("--port") + 1] = PORT
    return {"serve": "dedicated", "port": port, "argv": words, "env": dict(model.env) | _secrets(fleet)}


def _secrets(fleet: FleetSpec) -> dict[str, str]:
    return {variable: ref.reference for variable, ref in fleet.server.secrets().items()}


def _log(name: str, target: Target) -> str:
    known = target.record.resources.get(model_id(name))
    return f"{target.directory}/logs/{known.uid if known else UID}.log"


def _command(name: str, one: Json) -> list[Line]:
    env = [f"{key}={shlex.quote(value)}" for key, value in one.get("env", {}).items()]
    head = line(Span(name, Style.BOLD), Span(f"  {one.get('serve', 'process')}", Style.DIM))
    return [head, line("  ", " ".join([*env, shlex.join(one["argv"])]))]
