"""Progress while a run goes on: bars on a terminal, lines elsewhere, one JSON value a line for programs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from reconciler.cli.output import Format, Output
from reconciler.cli.pipes import unread
from reconciler.domain.event import Hook, Progress, Stage
from reconciler.domain.names import ResourceId
from reconciler.errors import RuntimeFailure
from reconciler.render.progress import progress_json, progress_line

EVERY = 10.0
"""Seconds between two lines of one download, where nothing can be drawn over."""


@contextmanager
def reporting(output: Output, *, terminal: bool) -> Iterator[Hook]:
    """The hook of a run. A reader who left, or a full disk, does not end the run: what was begun is finished."""
    if output.format is Format.JSON:
        yield _forgiving(lambda event: output.json(progress_json(event), indent=None))
    elif terminal:
        from reconciler.cli.bars import bars  # noqa: PLC0415 - rich is needed on a terminal only

        with bars(output) as hook:
            yield hook
    else:
        yield _forgiving(_lines(output))


def _lines(output: Output) -> Hook:
    last: dict[ResourceId, Progress] = {}

    def show(event: Progress) -> None:
        shown = last.get(event.resource)
        again = shown is not None and shown.stage is event.stage and not _is_due(event, shown)
        if event.stage is Stage.NOTE or not again:
            output.say([progress_line(event)])
            last[event.resource] = event

    return show


def _is_due(event: Progress, shown: Progress) -> bool:
    """A download is told again now and then, so that a log shows that it moves."""
    return event.stage is Stage.DOWNLOADING and event.elapsed >= shown.elapsed + EVERY


def _forgiving(show: Callable[[Progress], None]) -> Hook:
    def guarded(event: Progress) -> None:
        # What cannot be written now cannot be at the end either: the report says so, and nothing was left half done.
        with unread(), suppress(RuntimeFailure):
            show(event)

    return guarded
