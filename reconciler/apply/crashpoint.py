"""
Named points at which a test can end the program as `kill -9` would, active only through an environment variable.

There is one wherever a crash leaves another state behind: at every boundary of the journal, around every side effect.
"""

import os
from collections import Counter
from collections.abc import Mapping

VARIABLE = "RECONCILE_CRASHPOINT"
"""`NAME` ends the program where it first comes by that point, `NAME:3` where it does so for the third time."""

TRACE = "RECONCILE_CRASHPOINT_TRACE"
"""A file that gets a line for each point that is reached."""

KILLED = 137

POINTS: Mapping[str, str] = {
    "lock-taken": "the lock of the store is held and its note written; nothing was looked at",
    "found-noted": "what a run that was cut off had started is recorded; the steps of that run are still open",
    "steps-abandoned": "of earlier runs only steps are open that are still in doubt; this run is not in the journal",
    "run-begun": "the run is in the journal; nothing of the record or the world has changed",
    "lines-refreshed": "lines whose changes have no effect are recorded; no step is journalled",
    "wave-journalled": "all intents of a wave are in the journal; none of it is done",
    "router-left": "models that get a process of their own are out of the router; the record has them there",
    "drained": "what will be ended works on nothing; it was not told to end",
    "term-sent": "SIGTERM is sent, for the first or the second time; the process may live",
    "kill-sent": "SIGKILL is sent",
    "process-ended": "the process is gone; the record has it running",
    "slot-locked": "we hold the lock of the slot; no process runs in it",
    "spawned": "a process runs in the slot with the mark of the intent; the record does not know it",
    "ready": "the process answers; its step is open",
    "attempt-ended": "the version that did not become ready is gone; the one before does not run yet",
    "preset-written": "the router's file has the new sections; the router has the old ones",
    "reloaded": "the router has the new sections; what they change is not loaded",
    "load-asked": "the router was told to load a model; it may be loading",
    "load-failed": "the router could not load a new section; the one before is not put back",
    "loaded": "the router has the model loaded; its step is open",
    "undo-journalled": "a failure and the intent of the way back are recorded; the version before does not run yet",
    "lines-restored": "a run that goes back has put back lines without a process; no process of it was touched",
    "step-done": "a step is done in the world; its outcome is not in the journal",
    "step-journalled": "outcomes and the lines that they make true are recorded; the run is open",
    "run-finished": "everything is recorded; the report is not shown, the lock not let go",
}
"""Each point, with what is true when it is reached."""

_counts: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Says that the program comes by a point."""
    reached(name)


def reached(name: str) -> None:
    """What happens at a point; a simulation puts its own in the place of this."""
    if (file := os.environ.get(TRACE)) is not None:
        with open(file, "a", encoding="utf-8") as trace:  # noqa: PTH123 - pathlib is no import of this module's price
            trace.write(f"{name}\n")
    if (wanted := os.environ.get(VARIABLE)) is None:
        return
    _counts[name] += 1
    if wanted in {f"{name}:{_counts[name]}", name}:
        os._exit(KILLED)
