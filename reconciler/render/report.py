"""The end of a run: what was done, and for each failure the cause with the last lines of the log."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from reconciler.domain.outcome import Outcome, Result, RunReport
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import BLANK, Line, Span, Style, line
from reconciler.render.values import counted, elapsed, title

STYLES = {
    Result.DONE: Style.GREEN,
    Result.RESTORED: Style.YELLOW,
    Result.FAILED: Style.RED,
    Result.SKIPPED: Style.YELLOW,
    Result.INTERRUPTED: Style.YELLOW,
}


def report_text(report: RunReport) -> tuple[Line, ...]:
    """What needs a look first, the counts last, where a terminal ends."""
    lines: list[Line] = []
    for outcome in report.outcomes:
        if block := list(_outcome(outcome)):
            lines += [*block, BLANK]
    return (*lines, line(Span(_head(report), Style.BOLD)))


def report_json(report: RunReport) -> dict[str, Any]:
    """The report, with the exit code that the command ends with."""
    return {
        "format_version": FORMAT_VERSION,
        "type": "report",
        "exit_code": report.exit_code,
        **asdict(report),
        "seconds": round(report.seconds, 3),
        "outcomes": [_outcome_json(one) for one in report.outcomes],
    }


def _head(report: RunReport) -> str:
    found = Counter(outcome.result for outcome in report.outcomes)
    counts = ", ".join(f"{found[result]} {result}" for result in Result if found[result]) or "nothing to do"
    verb = "Interrupted in" if report.interrupted else "Applied"
    skipped = "; some were skipped for safety" if report.skipped_for_safety else ""
    return f"{verb} generation {report.generation} after {elapsed(report.seconds)}: {counts}{skipped}."


def _outcome(outcome: Outcome) -> Iterator[Line]:
    name = Span(title(outcome.resource), Style.BOLD)
    if outcome.result is not Result.DONE:
        said = f": {outcome.message}" if outcome.message else ""
        yield line(Span(outcome.result, STYLES[outcome.result]), f" {outcome.action} ", name, said)
        for one in outcome.log_lines:
            yield line("    | ", Span(one, Style.DIM))
    if outcome.cut_requests:
        verb = "was" if outcome.cut_requests == 1 else "were"
        yield line(name, f": {counted(outcome.cut_requests, 'running request')} {verb} cut after drain_timeout")


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome) | {"seconds": round(outcome.seconds, 3)}
