"""A living process against the command line that it would get today: all that is left when the record is lost."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.domain.change import Effect, FieldChange
from reconciler.domain.names import ROUTER, ResourceId, model_name
from reconciler.domain.observation import ObservedInstance, RouterModelState
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.command import dedicated_argv, router_argv, router_model_argv
from reconciler.llama.reading import ReadArgv, read_argv
from reconciler.plan.differ import SECRET
from reconciler.plan.situation import Situation


def argv_changes(situation: Situation, resource: ResourceId, carrier: ObservedInstance) -> tuple[FieldChange, ...]:
    """What the process was started with, against what is declared; nothing when there is no catalogue to read it by."""
    catalogue = situation.options.catalogue
    wanted = _wanted(situation, resource, catalogue) if catalogue else None
    effect = Effect.ROUTER_RESTART if resource == ROUTER else Effect.RESTART
    secrets = tuple(
        FieldChange(path=f"secrets.{variable}", before=SECRET, after=SECRET, effect=effect)
        for variable in carrier.other_secrets
    )
    if catalogue is None or wanted is None:
        return secrets
    before, after = (dict(_facts(read_argv(argv, catalogue))) for argv in (carrier.process.argv, wanted))
    return secrets + tuple(
        FieldChange(path=path, before=before.get(path), after=after.get(path), effect=effect)
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def section_changes(situation: Situation, resource: ResourceId, state: RouterModelState) -> tuple[FieldChange, ...]:
    """The same for a model of the router, by the command line that the router makes of its section."""
    catalogue, model = situation.options.catalogue, situation.model(resource)
    if catalogue is None or model is None:
        return ()
    wanted = router_model_argv(model, binary=situation.seen.binary.path, catalogue=catalogue)
    before, after = (dict(_facts(read_argv(argv, catalogue))) for argv in (state.args, wanted))
    return tuple(
        FieldChange(path=path, before=before.get(path), after=after.get(path), effect=Effect.RELOAD)
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path) and _of_the_section(path)
    )


def _of_the_section(path: str) -> bool:
    """The router hands its own flags on, sets the port, and keeps the aliases to itself."""
    return path not in {"port", "aliases"} and not path.startswith("server.")


def _wanted(situation: Situation, resource: ResourceId, catalogue: Catalogue) -> tuple[str, ...] | None:
    fleet, binary = situation.fleet, situation.seen.binary.path
    port = situation.ports.given.get(resource)
    if port is None:
        return None
    if resource == ROUTER and fleet.active_router:
        return router_argv(fleet.active_router, fleet.server, port=port, binary=binary, preset="", catalogue=catalogue)
    model = situation.model(resource)
    name = model_name(resource) or ""
    return dedicated_argv(model, name, fleet.server, port=port, binary=binary, catalogue=catalogue) if model else None


def _facts(read: ReadArgv) -> Iterator[tuple[str, Any]]:
    named: Mapping[str, Any] = {
        "path": read.path,
        "server.host": read.host,
        "port": read.port,
        "aliases": list(read.aliases),
    }
    yield from named.items()
    yield from ((path, list(value) if isinstance(value, tuple) else value) for path, value in read.settings.items())
    yield from ((f"extra_args.{flag}", value) for flag, value in read.unknown.items())
