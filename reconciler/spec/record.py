"""
The record: what the store says we last applied.

Applied specs are kept as plain documents in the form of their `spec_version`, so that a program of tomorrow compares
fields that it knows with fields that it knows, and keeps the others.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.hold import Hold
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import InstanceId, ResourceId, SlotUid
from reconciler.domain.status import Condition


@frozen
class Applied:
    """
    Everything that a process (or a section of the router) was made from.

    Attributes:
        serve: `dedicated`, `router` (a model of the router) or `process` (the router itself).
        document: the merged spec, flattened by the differ: keys of the model at the top, `server` and `router` below
            keys of their own, `environment`, `secrets` (HMACs by variable), `llama_server` (path, size, version),
            `files` (size, mtime and architecture of each GGUF), and `download` (the file that an address becomes).
    """

    spec_version: int
    serve: str
    document: Mapping[str, Any]


@frozen
class InstanceRecord:
    """
    The process that we believe serves a slot.

    Attributes:
        argv: kept for adopted processes, which have no marks to prove them.
        started_at: seconds since the epoch.
    """

    instance: InstanceId
    identity: ProcessIdentity
    port: int | None
    started_at: float
    adopted: bool = False
    argv: tuple[str, ...] = ()
    log: str = ""


@frozen
class Failure:
    """The last change that did not become ready: apply says so, the daemon does not try the same digest again."""

    digest: str
    message: str
    at: float


@frozen
class ResourceRecord:
    """
    One resource that we applied at some time and did not forget.

    Attributes:
        applied: what runs, or ran last; `None` when nothing was ever applied.
        desired_running: whether the last word was to run it, so that a death is told from a stop.
        port: a pool port, once given, belongs to the model until it is forgotten.
        load_seconds: the last loads, newest last.
    """

    resource: ResourceId
    uid: SlotUid
    applied: Applied | None = None
    instance: InstanceRecord | None = None
    desired_running: bool = False
    port: int | None = None
    protected: bool = False
    restarts: int = 0
    failure: Failure | None = None
    load_seconds: tuple[float, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Whether the mark is on it, which holds also when no file says so any more."""
        return self.protected or bool(self.applied and self.applied.document.get("protect"))


@frozen
class OpenStep:
    """
    A step that was journalled and has no outcome: a run was cut off.

    Attributes:
        applied: what the process with the mark `instance` was, or was about to be, made from.
    """

    step: int
    resource: ResourceId
    uid: SlotUid
    action: str
    instance: InstanceId | None
    applied: Applied | None = None

    def ends(self, uid: SlotUid, instance: InstanceId | None) -> bool:
        """Whether it was there to end the process of this slot that carries this mark."""
        is_old = self.action == Action.STOP or (self.action == Action.RESTART and self.instance != instance)
        return is_old and self.uid == uid


@frozen
class Record:
    """
    All that a plan compares with.

    Attributes:
        lineage: identity of the store, and the mark of its children.
        serial: rises with every write that a saved plan depends on.
        origin: where the configuration came from, such as a repository or a path.
        max_stop: `safety.max_stop` of the fleet that was applied last, in percent.
        hold: the generation that is held, whatever the files say.
        migration_pending: a sentence when the store is older than the program.
    """

    lineage: str
    serial: int = 0
    fleet: str = ""
    origin: str = ""
    generation: int = 0
    max_stop: int | None = None
    hold: Hold | None = None
    resources: Mapping[ResourceId, ResourceRecord] = field(default_factory=dict)
    open_steps: tuple[OpenStep, ...] = ()
    migration_pending: str = ""
