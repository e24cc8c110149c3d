"""How a simulated llama-server behaves, beyond its flags and its file."""

from dataclasses import dataclass


@dataclass
class Temper:
    """
    What somebody may want to go wrong with one model, or with the router.

    Attributes:
        load_seconds: from the first 503 to the first 200.
        fail_to_load: the name of a recorded log (`out_of_memory`, `bad_magic` …) that it ends with while it loads.
        stuck_loading: it says 503 for ever, and does not grow.
        crash_after: it dies so many seconds after it was ready, by `crash_signal`.
        hang: `/health` is good, and everything else waits for ever.
        silent: nothing answers at all.
        ignore_term: SIGTERM changes nothing.
        survive_kill: it hangs in the kernel.
        busy_requests: so many requests are being worked on, for `busy_seconds` from when it was said, or for ever.
        forks_survivor: when it is ready it has a child that outlives it, with its marks and locks.
        exit_seconds: from SIGTERM to the end of an idle one.
    """

    load_seconds: float = 0.3
    fail_to_load: str = ""
    stuck_loading: bool = False
    crash_after: float | None = None
    crash_signal: int = 11
    hang: bool = False
    silent: bool = False
    ignore_term: bool = False
    survive_kill: bool = False
    busy_requests: int = 0
    busy_seconds: float | None = None
    forks_survivor: bool = False
    exit_seconds: float = 0.064
    since: float = 0.0

    def busy(self, now: float) -> int:
        """How many requests are worked on."""
        over = self.busy_seconds is not None and now >= self.since + self.busy_seconds
        return 0 if over else self.busy_requests
