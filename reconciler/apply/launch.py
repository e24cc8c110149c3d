"""Starting the process of a slot from its applied document, so that what is recorded is what runs."""

from pathlib import Path
from uuid import uuid4

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.domain.frozen import frozen
from reconciler.domain.identity import Marks
from reconciler.domain.names import ROUTER, InstanceId, ResourceId, SlotUid, model_name
from reconciler.errors import RuntimeFailure
from reconciler.llama.address import is_socket, reachable
from reconciler.llama.command import dedicated_argv, router_argv
from reconciler.runtime.api_token import secret_of
from reconciler.runtime.ports import Command, ProcessHandle
from reconciler.spec.document import read_back
from reconciler.spec.record import Applied, InstanceRecord


def new_instance() -> InstanceId:
    """A uuid for a process that is about to be started."""
    return InstanceId(str(uuid4()))


@frozen
class Launched:
    """
    A process that was just started.

    Attributes:
        log_offset: where its own lines begin in the log of its slot.
    """

    handle: ProcessHandle
    instance: InstanceRecord
    host: str
    port: int
    log_offset: int


def launch(ctx: Context, resource: ResourceId, slot: SlotUid, applied: Applied, instance: InstanceId) -> Launched:
    """
    Spawns the process that an applied document stands for. It is not ready yet.

    Raises:
        RuntimeFailure: a live process holds the slot or the port, the program cannot be run, or a secret is missing.
    """
    world = ctx.world
    argv, host, port = _command_line(ctx, resource, applied)
    environment = _environment(ctx, slot, applied, instance)
    _require_free(ctx, host, port)
    log = world.log(slot)
    lock = world.locks.acquire(slot, resource)
    if lock is None:
        raise RuntimeFailure(
            f"a live process holds the slot of {resource}",
            detail=f"lock {world.slots / slot}.lock",
            hint="run `reconcile plan` again: it looks for the process",
        )
    try:
        # Only now is it certain that nobody else writes there.
        limits = ctx.fleet.logging.file
        world.files.rotate(log, max_size=limits.max_size, max_files=limits.max_files)
        offset = world.files.size(log)
        crashpoint("slot-locked")
        handle = world.processes.spawn(Command(argv=argv, environment=environment, log=log, lock=lock))
    finally:
        world.locks.release(lock)
    crashpoint("spawned")
    record = InstanceRecord(
        instance=instance, identity=handle.identity, port=port, started_at=world.clock.now(), log=str(log)
    )
    return Launched(handle=handle, instance=record, host=reachable(host), port=port, log_offset=offset)


def _require_free(ctx: Context, host: str, port: int) -> None:
    """
    Another server on the port would answer for ours until ours finds that it cannot bind.

    Raises:
        RuntimeFailure: somebody took it after the plan was made.
    """
    if is_socket(host):
        if not ctx.world.files.clear_socket(Path(host)):
            raise RuntimeFailure(
                f"`{host}` is taken, or is no socket", hint="remove it, or name another as `server.host`"
            )
        return
    taken = ctx.world.processes.listeners({port})
    if port in taken:
        who = f"process {taken[port]}" if taken[port] else "a process of another user"
        raise RuntimeFailure(f"port {port} is taken by {who}", hint="run `reconcile plan` again")


def _command_line(ctx: Context, resource: ResourceId, applied: Applied) -> tuple[tuple[str, ...], str, int]:
    world, parts = ctx.world, read_back(applied)
    binary = world.binary.path
    if resource == ROUTER and parts.router:
        host = parts.router.host or parts.server.host
        argv = router_argv(
            parts.router,
            parts.server,
            port=parts.router.port,
            binary=binary,
            # An adopted one had its own.
            preset=applied.document.get("models_preset") or str(world.preset),
            catalogue=world.catalogue,
        )
        return argv, host, parts.router.port
    if parts.model is None or parts.port is None:
        msg = f"the applied document of {resource} has no process of its own"
        raise AssertionError(msg)
    name = model_name(resource) or ""
    argv = dedicated_argv(parts.model, name, parts.server, port=parts.port, binary=binary, catalogue=world.catalogue)
    return argv, parts.server.host, parts.port


def _environment(ctx: Context, slot: SlotUid, applied: Applied, instance: InstanceId) -> dict[str, str]:
    """What is passed on, what the model declares, our marks, and last the secrets, read at this moment."""
    marks = Marks(instance=instance, fleet=ctx.record.lineage, slot=slot)
    secrets = {
        variable: secret_of(variable, ref.reference, ctx.world.secrets)
        for variable, ref in ctx.fleet.server.secrets().items()
        if variable in applied.document.get("secrets", {})
    }
    own = applied.document.get("env", {})
    return {**applied.document.get("environment", {}), **own, **marks.environment(), **secrets}
