"""Our own policies: what reconcile does, which no llama-server ever sees. A change of them costs nothing."""

from typing import Annotated, Any, Literal

from reconciler.spec.base import Spec
from reconciler.spec.marks import Limit
from reconciler.spec.values import Duration, Percent, Size


class HealthPolicy(Spec):
    """How long a server may take to come, to finish its requests, and to go."""

    startup_timeout: Duration = 600.0
    """Longest time without progress until it is ready; a download that moves is progress."""

    startup_limit: Duration = 3600.0
    """Longest time until it is ready, progress or not, from the end of a download on."""

    min_healthy: Duration = 0.0
    """How long it must stay healthy to count as ready."""

    drain_timeout: Duration = 30.0
    """Longest wait for running requests before it is stopped or reloaded."""

    stop_grace: Duration = 5.0
    """Time from SIGTERM to SIGKILL."""


class RestartPolicy(Spec):
    """What the daemon does when a server ends by itself."""

    policy: Literal["always", "on-failure", "never"] = "always"
    """When it is started again."""

    max_attempts: int = 5
    """Starts within `window` after which it is given up."""

    window: Duration = 600.0
    """The time over which attempts are counted."""


class LogFile(Spec):
    """Rotation of log files, which happens when a server is started: one that runs goes on with its own."""

    max_size: Size = 10 * 1024 * 1024
    """Size from which on a file is moved aside before its server is started."""

    max_files: Annotated[int, Limit(ge=0)] = 7
    """Files of earlier starts that are kept, the newest as `.1`; with 0 none is."""


class LoggingSpec(Spec):
    """Logs of the program and of its servers."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important message that is logged."""

    file: LogFile = LogFile()
    """The files under `logs/` of the store."""

    console: bool = True
    """Whether messages go to stderr."""

    database: bool = True
    """Whether messages go to the store."""


class MetricsSpec(Spec):
    """Hardware and server metrics."""

    interval: Duration = 1.0
    """Time between two samples."""

    retention: Duration = 600.0
    """How long samples are kept."""


class HistorySpec(Spec):
    """What is kept of the past."""

    generations: Annotated[int, Limit(ge=1)] = 100
    """Generations that are kept; the current one and the one that is held are never let go."""


class SafetySpec(Spec):
    """Limits of what one run may do."""

    max_stop: Percent = 50
    """Largest share of what is served that one run may stop; looked at from three models up."""

    allow_empty: bool = False
    """Whether a fleet without any model may be applied."""

    def shown(self, name: str, value: Any) -> Any:
        """A share has its sign."""
        return f"{value}%" if name == "max_stop" else value
