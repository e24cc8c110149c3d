"""The report of an import for people: numbers first, then what needs a look."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.render.layout import BLANK, Line, Span, Style, columns, line
from reconciler.render.values import counted

MOST = 20
"""Warnings of one kind that are shown; JSON has all."""


def import_text(report: Mapping[str, Any]) -> tuple[Line, ...]:
    """The whole report."""
    return tuple(_lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[Line]:
    source, counts = report["source"], report["counts"]
    yield line(Span(f"{source['path']}", Style.BOLD), f" ({source['vintage']}): {counted(counts['models'], 'model')}")
    yield BLANK
    yield from columns(
        [
            ("imported", str(report["imported"]), "settings"),
            ("defaulted", str(report["defaulted"]), "values that nobody chose: llama-server's own are in effect"),
            ("dropped", str(len(report["dropped"])), "values that have no place any more"),
            ("warnings", str(len(report["warnings"])), ""),
            *([("measured", str(report["history"]), "samples kept")] if report.get("history") is not None else []),
        ],
        indent=2,
    )
    yield from _models(report["models"])
    yield from _warnings(report["warnings"])
    if report.get("written"):
        yield BLANK
        yield from (line("wrote ", Span(one, Style.BOLD)) for one in report["written"])
    elif "written" in report:
        yield BLANK
        yield line("nothing was written: all of it is there already")


def _models(models: list[dict[str, Any]]) -> Iterator[Line]:
    renamed = [one for one in models if one["name"] != one["new_name"]]
    if renamed:
        yield BLANK
        yield line(Span("Other names", Style.BOLD))
        for one in renamed[:MOST]:
            yield line(f"  {one['name'] or '(none)'} → ", Span(one["new_name"], Style.CYAN))
        if len(renamed) > MOST:
            yield line(f"  and {len(renamed) - MOST} more")


def _warnings(found: list[dict[str, Any]]) -> Iterator[Line]:
    for code, count in Counter(one["code"] for one in found).items():
        yield BLANK
        yield line(Span(f"{code} ({count})", Style.HEAD_YELLOW))
        messages = [one["message"] for one in found if one["code"] == code]
        yield from (line(f"  {one}") for one in messages[:MOST])
        if count > MOST:
            yield line(f"  and {count - MOST} more: `--format json` has all")
