"""Where text goes: data to stdout, everything else to stderr, colour only where somebody sees it."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import click

from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.errors import ConfigError, ReconcilerError, RuntimeFailure
from reconciler.render import github
from reconciler.render.diagnostics_json import diagnostics_json
from reconciler.render.layout import Line, text
from reconciler.render.problems import each, failure, more


class Format(StrEnum):
    """Who reads it."""

    HUMAN = "human"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"


@frozen
class Output:
    """How one command speaks."""

    format: Format = Format.HUMAN
    no_color: bool = False

    def lines(self, lines: Iterable[Line]) -> None:
        """Data for people."""
        _write(text(lines, colour=self.colour(sys.stdout)))

    def say(self, lines: Iterable[Line]) -> None:
        """Anything that is not the data."""
        _write(text(lines, colour=self.colour(sys.stderr)), err=True)

    def note(self, message: str) -> None:
        """One plain line beside the data."""
        _write(message + "\n", err=True)

    def raw(self, document: str) -> None:
        """Data that has its form already."""
        _write(document)

    def json(self, document: Any, *, indent: int | None = 2) -> None:
        """Data for programs; one line when `indent` is nothing."""
        _write(json.dumps(document, indent=indent, ensure_ascii=False) + "\n")

    def diagnostics(self, found: Sequence[Diagnostic]) -> None:
        """Warnings of a command that goes on; in JSON they are part of its document."""
        if self.format is Format.GITHUB:
            self.raw(github.annotations(found))
        elif self.format is not Format.JSON and found:
            self.say(each(found))

    def failed(self, error: ReconcilerError) -> int:
        """Explains a failure and returns its exit code."""
        carried = error.diagnostics if isinstance(error, ConfigError) else ()
        found = [one for one in carried if isinstance(one, Diagnostic)]
        if self.format is Format.JSON:
            # One line: `apply` may have written lines before it.
            self.json(diagnostics_json(found, failure=error), indent=None)
        elif self.format is Format.MARKDOWN:
            from reconciler.render.plan_markdown import failure_markdown  # noqa: PLC0415 - few failures are comments

            self.raw(failure_markdown(error, found))
        elif self.format is Format.GITHUB:
            self.raw(github.annotations(found) or github.failure_annotation(error))
        if self.format is not Format.JSON:
            self.say((*failure(error, found), *(more(found) if sys.stderr.isatty() else ())))
        return error.exit_code

    def colour(self, stream: TextIO) -> bool:
        """Whether this stream wants colour (no-color.org)."""
        refused = self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return not refused and stream.isatty()


def step_summary(markdown: str) -> None:
    """
    Adds to the summary page of a GitHub Actions job, where there is one.

    Raises:
        RuntimeFailure: the page cannot be written.
    """
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        with (
            _written(f"to `{target}`, which GITHUB_STEP_SUMMARY names"),
            Path(target).open("a", encoding="utf-8") as file,
        ):
            file.write(markdown)


def _write(document: str, *, err: bool = False) -> None:
    with _written("the output"):
        # Colour was decided when the text was made.
        click.echo(document, nl=False, err=err, color=True)


@contextmanager
def _written(what: str) -> Iterator[None]:
    """A full disk is no bug of ours; a reader who left is somebody else's matter (`pipes`)."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RuntimeFailure(f"cannot write {what}: {error.strerror}", hint="make room, or write elsewhere") from error
