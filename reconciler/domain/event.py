"""What apply reports as it goes. Renderers turn it into lines, a bar or NDJSON; nothing steers by it."""

from collections.abc import Callable
from enum import StrEnum

from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId


class Stage(StrEnum):
    """Where a step stands."""

    DRAINING = "draining"
    STOPPING = "stopping"
    STARTING = "starting"
    DOWNLOADING = "downloading"
    LOADING = "loading"
    RELOADING = "reloading"
    RESTORING = "restoring"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"
    RESTORED = "restored"
    DONE = "done"
    NOTE = "note"


@frozen
class Progress:
    """
    One event of a run.

    Attributes:
        fraction: from 0 to 1 where a server reports how far loading is.
        received: bytes of a download so far; how many there will be is not known.
        elapsed: seconds since the step began.
    """

    resource: ResourceId
    stage: Stage
    action: Action | None = None
    message: str = ""
    fraction: float | None = None
    received: int | None = None
    elapsed: float = 0.0
    pid: int | None = None
    port: int | None = None


Hook = Callable[[Progress], None]
"""Takes the events of a run, in the order in which they happen, on the thread of the run."""


def ignore(_event: Progress) -> None:
    """The hook of somebody who does not want to know."""
