"""What became of a plan."""

from enum import StrEnum

from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId


class Result(StrEnum):
    """How one step ended."""

    DONE = "done"
    RESTORED = "restored"
    FAILED = "failed"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


class OnFailure(StrEnum):
    """What a run does once a change has failed, which itself goes back to the version before in any case."""

    KEEP = "keep"
    ROLLBACK = "rollback"


@frozen
class Outcome:
    """
    The end of one step.

    Attributes:
        message: what happened, or the cause of death of what failed.
        log_lines: the last lines of the server's log where a process died.
        cut_requests: requests that were in flight when `drain_timeout` was over; `None` unknown.
    """

    resource: ResourceId
    action: Action
    result: Result
    message: str = ""
    log_lines: tuple[str, ...] = ()
    pid: int | None = None
    port: int | None = None
    seconds: float = 0.0
    cut_requests: int | None = 0


@frozen
class RunReport:
    """One execution of a plan, complete also when it failed or was interrupted."""

    run: int
    generation: int
    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False
    skipped_for_safety: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """As the table of exit codes says: 130 interrupted, 5 restored wins over 4 failed, 8 skipped, else 0."""
        results = {outcome.result for outcome in self.outcomes}
        if self.interrupted:
            return 130
        if Result.RESTORED in results:
            return 5
        if Result.FAILED in results:
            return 4
        return 8 if self.skipped_for_safety else 0
