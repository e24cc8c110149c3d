"""
The Python API: the steps of `reconcile` as functions over values.

    fleet = load([Path("fleet.yaml")], profiles=["prod"], variables={"ctx": 4096})
    world = open_world(fleet, Path("/var/lib/reconciler/homelab"))
    with Store.open(world.directory) as store:
        look = await observe(world, store.record(), fleet.spec)
    plan = make_plan(fleet.spec, look.record, look.seen, PlanOptions(origin=fleet.origin))
    report = await apply(world, fleet, plan)

Every failure is a `reconciler.errors.ReconcilerError`. All but `apply` change nothing, on the host or in the store.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.apply.run import Errand
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.domain.event import Hook, ignore
from reconciler.domain.outcome import OnFailure, RunReport
from reconciler.domain.plan import Plan
from reconciler.errors import ConfigError
from reconciler.observe.observer import Look, observe
from reconciler.plan.codec import SavedPlan, plan_json
from reconciler.plan.freshness import ensure_fresh
from reconciler.plan.planner import PlanOptions, make_plan
from reconciler.runtime.binary import find_binary, read_build
from reconciler.runtime.files import private_directory
from reconciler.runtime.git import revision_of
from reconciler.runtime.local_world import local_world
from reconciler.runtime.store_lock import StoreLock
from reconciler.runtime.world import World
from reconciler.store import Store
from reconciler.supervise.acting import apply_once
from reconciler.supervise.opening import open_writer
from reconciler.supervise.passes import plan_fleet
from reconciler.supervise.refusing import refuse
from reconciler.version import VERSION

__all__ = [
    "LoadedFleet",
    "Look",
    "OnFailure",
    "Plan",
    "PlanOptions",
    "RunReport",
    "Store",
    "World",
    "apply",
    "load",
    "make_plan",
    "observe",
    "open_world",
]


def load(
    paths: str | Path | Sequence[str | Path],
    *,
    profiles: Sequence[str] = (),
    variables: Mapping[str, str | float | bool] | None = None,
    cache: Path | None = None,
) -> LoadedFleet:
    """
    Reads, merges and checks a configuration: a file or directory, or several.

    Args:
        profiles: names of `profiles:` to lay over the rest, the last one strongest.
        variables: values for `${NAME}`; they win over `variables:`.
        cache: a directory for checked fleets, created when needed; nothing parses each time.

    Raises:
        ConfigError: with every problem that could be found, or with an argument that is none.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    if not named:
        raise ConfigError("there is no configuration to read", hint="name a file or a directory")
    for one in named:
        if not isinstance(one, str | Path) or "\0" in str(one):
            raise ConfigError(f"{one!r} is no path", hint="give texts and `Path`s")
    if isinstance(profiles, str) or not all(isinstance(one, str) for one in profiles):
        raise ConfigError("`profiles` must be a list of texts", hint='write `profiles=["NAME"]`')
    for name, value in (variables or {}).items():
        if not isinstance(name, str) or not isinstance(value, str | int | float):
            raise ConfigError(f"the variable {name!r} must be a text, a number, `True` or `False`", hint="give a value")
    return load_fleet([Path(one) for one in named], profiles=profiles, variables=variables, cache=cache)


def open_world(fleet: LoadedFleet, directory: Path, *, llama_server: str | None = None) -> World:
    """
    This machine, as a fleet sees it.

    Args:
        directory: of the store; need not exist.
        llama_server: a path, a name or `bundled`; else what the fleet says, then the first that is found.

    Raises:
        LlamaServerError: there is none, or it does not answer `--version` and `--help`.
    """
    binary = find_binary(setting=fleet.spec.llama_server, option=llama_server, environ=os.environ)
    return local_world(directory.absolute(), read_build(binary))


async def apply(  # noqa: PLR0913 - those that are optional are the caller's wishes
    world: World,
    fleet: LoadedFleet,
    plan: Plan,
    *,
    hook: Hook = ignore,
    parallelism: int = 8,
    lock_timeout: float = 10.0,
    on_failure: OnFailure = OnFailure.KEEP,
) -> RunReport:
    """
    Does what a plan says, if the world is still the one that it was made for. Asks nobody, and ends a hold.

    Args:
        hook: takes the events of the run.
        parallelism: steps at the same time.
        lock_timeout: seconds to wait for another writer.
        on_failure: whether a change that failed goes back alone, or with all that this run has changed.

    Raises:
        PreflightError: the plan has errors.
        UnsafePlanError: the plan has objections that nobody overrode by its options.
        LockedError: another writer holds the store.
        StalePlanError: something moved since the plan was made.
    """
    refuse(plan, hint="insist in the `PlanOptions`")
    private_directory(world.directory)
    lock = StoreLock(world.directory / "lock", version=VERSION, operation="apply", clock=world.clock)
    with await lock.acquire(seconds=lock_timeout):
        with Store.open(world.directory) as store:
            record = store.record()
        now = await plan_fleet(world, fleet.spec, record, PlanOptions(catalogue=world.catalogue))
        ensure_fresh(SavedPlan(plan=plan, fleet=fleet.spec), now.record, now.seen, now.plan)
        errand = Errand(
            operation="apply",
            plan_document=plan_json(plan),
            origin=fleet.origin,
            program=VERSION,
            revision=revision_of(fleet.contents),
        )
        with open_writer(world, fleet.spec.fleet) as writer:
            return await apply_once(
                world,
                replace(now, plan=plan),
                writer,
                errand,
                hook=hook,
                parallelism=parallelism,
                on_failure=OnFailure(on_failure),
            )
