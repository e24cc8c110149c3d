"""
Which secrets a living server was started with: those that it has in its environment, whatever is declared by now.

They are read while its pidfd is held, compared, and kept nowhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.domain.observation import ObservedInstance
from reconciler.errors import RuntimeFailure
from reconciler.observe.ownership import Slots
from reconciler.runtime.api_token import api_token, secret_of, started_key
from reconciler.runtime.ports import ProcessHandle
from reconciler.runtime.world import World
from reconciler.spec.record import Record, ResourceRecord
from reconciler.spec.server import ServerSpec


def key_of(world: World, one: ObservedInstance, server: ServerSpec) -> str | None:
    """The key to ask it with; the declared one where it does not say, as an adopted one may have its key in a file."""
    with _opened(world, one) as handle:
        return (started_key(handle) if handle else None) or api_token(world.secrets, server)


def with_other_secrets(world: World, slots: Slots, record: Record, server: ServerSpec) -> Slots:
    """The same, with the secrets that differ from the declared ones where no record says with which it was started."""
    lines = {line.uid: line for line in record.resources.values()}
    return {
        slot: tuple(
            replace(one, other_secrets=tuple(_differing(world, one, server)))
            if one.carrier and not one.adopted and _unrecorded(one, lines.get(slot))
            else one
            for one in group
        )
        for slot, group in slots.items()
    }


def _unrecorded(one: ObservedInstance, line: ResourceRecord | None) -> bool:
    marks = one.process.marks
    known = line.instance.instance if line and line.instance and line.applied else None
    return marks is not None and marks.instance != known


def _differing(world: World, one: ObservedInstance, server: ServerSpec) -> Iterator[str]:
    with _opened(world, one) as handle:
        for variable, ref in server.secrets().items() if handle else ():
            try:
                wanted = secret_of(variable, ref.reference, world.secrets)
            except RuntimeFailure:
                continue
            if handle and handle.variable(variable) != wanted:
                yield variable


@contextmanager
def _opened(world: World, one: ObservedInstance) -> Iterator[ProcessHandle | None]:
    process = one.process
    handle = world.processes.open(
        process.identity,
        marks=None if one.adopted else process.marks,
        argv=process.argv if one.adopted else None,
    )
    try:
        yield handle
    finally:
        if handle is not None:
            handle.close()
