"""Status as a table: one row a resource, and a line with the reason for each that is not ready."""

from collections.abc import Iterator, Sequence

from reconciler.domain.status import FleetStatus, ResourceStatus, State
from reconciler.render import values
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line

HEADINGS = ("NAME", "SERVE", "STATE", "READY", "IN SYNC", "PID", "PORT", "MEMORY", "SINCE", "RESTARTS")
GOOD = frozenset({State.RUNNING, State.SLEEPING, State.UNLOADED})
BAD = frozenset({State.FAILED, State.CRASH_LOOP})


def status_text(status: FleetStatus) -> tuple[Line, ...]:
    """The fleet in one line, the table, then what is wrong."""
    resources = rows_of(status)
    headings = tuple(Span(one, Style.DIM) for one in HEADINGS)
    table = [headings, *(_row(one, status.observed_at) for one in resources)]
    held = (line(Span(one.type, Style.HEAD_YELLOW), f": {one.message}") for one in status.conditions)
    lines = [_head(status), *held, BLANK, *columns(table)]
    troubles = [trouble for one in resources for trouble in _troubles(one)]
    return tuple([*lines, BLANK, *troubles] if troubles else lines)


def rows_of(status: FleetStatus) -> tuple[ResourceStatus, ...]:
    """The router first, since its models depend on it."""
    return (*((status.router,) if status.router else ()), *status.models)


def is_amiss(one: ResourceStatus) -> bool:
    """Whether it is not ready although it should be; what is stopped on purpose is as it should be."""
    return not one.ready and not (one.state is State.STOPPED and one.in_sync)


def _head(status: FleetStatus) -> Line:
    sync = Span("in sync", Style.GREEN) if status.in_sync else Span("not in sync", Style.YELLOW)
    return line(Span(f"fleet {status.fleet}", Style.BOLD), f", generation {status.generation}, ", sync)


def _row(one: ResourceStatus, now: float) -> Sequence[str | Span]:
    return (
        Span(one.name, Style.BOLD),
        one.serve,
        Span(one.state, _colour(one.state)),
        _yes(good=one.ready),
        _yes(good=one.in_sync),
        _or_dash(one.pid),
        _or_dash(one.port),
        "-" if one.memory_bytes is None else values.size(one.memory_bytes),
        "-" if one.since is None else values.duration(now - one.since),
        str(one.restarts),
    )


def _colour(state: State) -> Style:
    if state in GOOD:
        return Style.GREEN
    return Style.RED if state in BAD else Style.YELLOW


def _yes(*, good: bool) -> Span:
    return Span("yes", Style.GREEN) if good else Span("no", Style.RED)


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)


def _troubles(one: ResourceStatus) -> Iterator[Line]:
    if not is_amiss(one):
        return
    for found in one.conditions:
        if found.type == "Ready" and found.status != "True":
            yield line(Span(one.name, Style.BOLD), f": {found.message or found.reason}")
