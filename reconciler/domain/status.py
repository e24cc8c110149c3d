"""Status as people and programs read it: a state, and conditions in the form of Kubernetes."""

from enum import StrEnum

from reconciler.domain.frozen import frozen


class State(StrEnum):
    """One word for where a resource stands."""

    STARTING = "starting"
    LOADING = "loading"
    RUNNING = "running"
    SLEEPING = "sleeping"
    UNLOADED = "unloaded"
    EVICTED = "evicted"
    DRAINING = "draining"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASH_LOOP = "crash-loop"
    UNKNOWN = "unknown"


@frozen
class Condition:
    """
    One fact of status (Kubernetes API conventions, "Typical status properties").

    Attributes:
        type: `Ready`, `Progressing`, `Degraded`, `InSync`, `CrashLoop` or `Held`.
        status: `True`, `False` or `Unknown`.
        last_transition: when `status` last changed, seconds since the epoch.
        observed_generation: the generation that the fact speaks of.
    """

    type: str
    status: str
    reason: str
    message: str = ""
    last_transition: float = 0.0
    observed_generation: int = 0


@frozen
class ResourceStatus:
    """
    One row of `reconcile status`.

    Attributes:
        since: when the process started, seconds since the epoch.
        memory_bytes: resident set size of the process.
    """

    name: str
    serve: str
    state: State
    ready: bool
    in_sync: bool
    pid: int | None = None
    port: int | None = None
    url: str | None = None
    since: float | None = None
    restarts: int = 0
    memory_bytes: int | None = None
    conditions: tuple[Condition, ...] = ()


@frozen
class FleetStatus:
    """What runs, as of `observed_at` (seconds since the epoch); `conditions` are those of the fleet as a whole."""

    fleet: str
    generation: int
    in_sync: bool
    observed_at: float
    models: tuple[ResourceStatus, ...] = ()
    router: ResourceStatus | None = None
    conditions: tuple[Condition, ...] = ()
