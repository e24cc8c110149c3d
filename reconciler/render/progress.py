"""One event of a run as one line, for people and for programs."""

from typing import Any

from reconciler.domain.event import Progress, Stage
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import Line, Span, Style, line
from reconciler.render.values import elapsed, size, title

STYLES = {
    Stage.READY: Style.GREEN,
    Stage.STOPPED: Style.GREEN,
    Stage.DONE: Style.GREEN,
    Stage.FAILED: Style.RED,
    Stage.RESTORED: Style.YELLOW,
    Stage.RESTORING: Style.YELLOW,
}
LAST = frozenset({Stage.READY, Stage.STOPPED, Stage.DONE, Stage.FAILED, Stage.RESTORED})
"""Stages that end a step: the time that it took is worth showing."""


def progress_line(event: Progress) -> Line:
    """Who, how far, and what else is known."""
    stage = Span(event.stage, STYLES.get(event.stage, Style.PLAIN))
    return line(Span(title(event.resource), Style.BOLD), ": ", stage, _facts(event))


def progress_json(event: Progress) -> dict[str, Any]:
    """One line of the NDJSON that `apply --format json` writes."""
    return {
        "format_version": FORMAT_VERSION,
        "type": "progress",
        "resource": event.resource,
        "stage": event.stage.value,
        "action": event.action.value if event.action else None,
        "message": event.message,
        "fraction": event.fraction,
        "received_bytes": event.received,
        "elapsed": round(event.elapsed, 3),
        "pid": event.pid,
        "port": event.port,
    }


def _facts(event: Progress) -> str:
    facts = [
        f"{event.fraction:.0%}" if event.fraction is not None else "",
        size(event.received) if event.received is not None else "",
        f"on port {event.port}" if event.port and event.stage is Stage.READY else "",
        f"after {elapsed(event.elapsed)}" if event.stage in LAST and event.elapsed else "",
    ]
    said = " ".join(fact for fact in facts if fact)
    return (f" {said}" if said else "") + (f" ({event.message})" if event.message else "")
