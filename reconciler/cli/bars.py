"""Progress on a terminal: a bar for each resource that loads, a line for each that ended."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from reconciler.cli.output import Output
from reconciler.domain.event import Hook, Stage
from reconciler.domain.event import Progress as Event
from reconciler.domain.names import ResourceId
from reconciler.render.layout import text
from reconciler.render.progress import LAST, progress_line
from reconciler.render.values import size, title


@contextmanager
def bars(output: Output) -> Iterator[Hook]:
    """Draws on stderr until the run ends; the bars go, the lines stay."""
    console = Console(stderr=True, no_color=not output.colour(sys.stderr), highlight=False)
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[stage]}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        yield _drawing(shown, console, colour=not console.no_color)


def _drawing(shown: Progress, console: Console, *, colour: bool) -> Hook:
    tasks: dict[ResourceId, TaskID] = {}

    def draw(event: Event) -> None:
        if event.stage in LAST or event.stage is Stage.NOTE:
            console.print(Text.from_ansi(text([progress_line(event)], colour=colour).rstrip()))
        if event.stage in LAST:
            if event.resource in tasks:
                shown.remove_task(tasks.pop(event.resource))
            return
        if event.resource not in tasks:
            tasks[event.resource] = shown.add_task(Text(title(event.resource)).plain, total=None, stage="")
        shown.update(
            tasks[event.resource],
            stage=event.stage.value if event.received is None else f"{event.stage.value} {size(event.received)}",
            total=None if event.fraction is None else 1.0,
            completed=event.fraction or 0.0,
        )

    return draw
