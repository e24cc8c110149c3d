"""
One look at the world. Each fact is known, absent or unknown, and unknown never causes an action.

`None` in a field that says so means unknown; absence has a value of its own.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from reconciler.domain.frozen import frozen
from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.names import ResourceId, SlotUid


class Health(StrEnum):
    """What `/health` of a server says, or why it says nothing."""

    OK = "ok"
    LOADING = "loading"
    REFUSED = "refused"
    SILENT = "silent"
    ERROR = "error"
    UNKNOWN = "unknown"


@frozen
class ObservedProcess:
    """
    A live process as `/proc` shows it.

    Attributes:
        marks: the three marks of its environment; `None` when it has none or belongs to somebody else.
        executable: the link of `/proc/PID/exe`; `exe_deleted` after an upgrade replaced the file.
        directory: where relative paths of its command line begin; empty when unreadable.
        started_at: seconds since the epoch, computed from the start ticks.
        memory_bytes: resident set size; `None` when unreadable.
        lock_path: the slot lock that it holds open, with the ` (deleted)` that the kernel appends left out.
    """

    identity: ProcessIdentity
    parent_pid: int
    argv: tuple[str, ...]
    executable: str = ""
    directory: str = ""
    exe_deleted: bool = False
    marks: Marks | None = None
    started_at: float = 0.0
    memory_bytes: int | None = None
    zombie: bool = False
    lock_path: str | None = None


@frozen
class ObservedInstance:
    """
    A process that serves a slot, or a survivor of one that did.

    Attributes:
        carrier: whether it is the process that we started; the others with its marks are its children.
        adopted: whether the record says that it was taken over and carries no marks.
        busy: how many requests it works on; `None` is unknown.
        other_secrets: variables whose value is not the declared one; looked at only where no record says what it was.
    """

    process: ObservedProcess
    carrier: bool
    adopted: bool = False
    health: Health = Health.UNKNOWN
    busy: int | None = None
    other_secrets: tuple[str, ...] = ()


@frozen
class RouterModelState:
    """
    One line of the router's `/models`.

    Attributes:
        status: `unloaded`, `loading`, `loaded`, `sleeping` or `downloading`, as llama-server spells it.
        failed: the last load ended in an error.
        args: the command line that its section stands for, with the router's own flags mixed in.
    """

    name: str
    status: str
    failed: bool = False
    exit_code: int | None = None
    busy: int | None = None
    port: int | None = None
    args: tuple[str, ...] = ()


@frozen
class FileFacts:
    """
    A model file on the host; `problem` says why it cannot be loaded, empty when it can.

    Attributes:
        architecture: as its header names it; `None` when it does not, or could not be read.
    """

    path: str
    size: int = 0
    mtime_ns: int = 0
    architecture: str | None = None
    problem: str = ""
    hint: str = ""


@frozen
class Stranger:
    """A process that holds a port of ours and is not ours; `process` is `None` when its owner hides it."""

    port: int
    resource: ResourceId
    process: ObservedProcess | None = None
    is_llama_server: bool = False


@frozen
class GpuFacts:
    """One GPU as NVML reports it; memory in bytes."""

    index: int
    name: str
    memory_total: int
    memory_free: int


@frozen
class HostFacts:
    """Capacity of the host; sizes in bytes, `None` unknown."""

    memory_total: int | None = None
    memory_available: int | None = None
    disk_free: int | None = None
    gpus: tuple[GpuFacts, ...] = ()
    gpu_problem: str = ""


@frozen
class BinaryIdentity:
    """A llama-server build: the version is the first line of `--version`, which alone cannot be relied on."""

    path: str
    size: int
    mtime_ns: int
    version: str


@frozen
class Observation:
    """
    All that the planner may know of the world.

    Attributes:
        complete: whether every part could be looked at; otherwise a plan that stops something is objected to.
        problems: what could not be looked at, one sentence each.
        instances: all live processes by slot; more than one carrier never happens, survivors of a dead one do.
        listening: ports of loopback and wildcard addresses that are taken, with the pid where it is visible.
        files: model files by path; a missing file has a `problem`.
        router_models: by name; `None` when the router is not there or did not answer.
        secrets: the HMAC of each secret by its reference (`env:NAME`); `None` when the secret is missing.
        environment: the variables of the caller that are passed on to children.
        lock_holders: slots whose lock is held by somebody, whatever the scan shows.
    """

    boot_id: str
    taken_at: float
    binary: BinaryIdentity
    complete: bool = True
    problems: tuple[str, ...] = ()
    instances: Mapping[SlotUid, tuple[ObservedInstance, ...]] = field(default_factory=dict)
    listening: Mapping[int, int | None] = field(default_factory=dict)
    strangers: tuple[Stranger, ...] = ()
    files: Mapping[str, FileFacts] = field(default_factory=dict)
    router_models: Mapping[str, RouterModelState] | None = None
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    lock_holders: frozenset[SlotUid] = frozenset()
    host: HostFacts = HostFacts()

    def carrier(self, slot: SlotUid) -> ObservedInstance | None:
        """The live process that serves the slot."""
        return next((one for one in self.instances.get(slot, ()) if one.carrier), None)

    def survivors(self, slot: SlotUid) -> tuple[ObservedInstance, ...]:
        """Processes that carry the slot's marks although the one that we started is gone."""
        return () if self.carrier(slot) else tuple(self.instances.get(slot, ()))
