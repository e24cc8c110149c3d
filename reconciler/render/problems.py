"""Diagnostics and failures for a terminal: place, expected and got, the line with a marker, the way out."""

from collections.abc import Iterator, Sequence

from reconciler.domain.diagnostic import Applicability, Diagnostic, Position, Severity
from reconciler.errors import ReconcilerError
from reconciler.render.layout import BLANK, Line, Span, Style, line, width

WINDOW = 110
"""Characters of a source line that are shown, around the marker."""

HEADS = {
    Severity.ERROR: Span("error: ", Style.HEAD_RED),
    Severity.WARNING: Span("warning: ", Style.HEAD_YELLOW),
}


def failure(error: ReconcilerError, diagnostics: Sequence[Diagnostic] = ()) -> tuple[Line, ...]:
    """A failure with all the problems that it carries."""
    lines = [line(HEADS[Severity.ERROR], error.summary)]
    if error.detail:
        lines += [BLANK, *(line("  ", one) for one in error.detail.splitlines())]
    for diagnostic in diagnostics:
        lines += [BLANK, *_body(diagnostic)]
    if error.hint:
        lines += [BLANK, *hint(error.hint)]
    return tuple(lines)


def more(diagnostics: Sequence[Diagnostic]) -> Iterator[Line]:
    """What else can be done about them, for a person at a terminal."""
    certain = sum(one.fix is not None and one.fix.applicability is Applicability.CERTAIN for one in diagnostics)
    if diagnostics:
        mends = f"; `reconcile fmt --fix` mends {certain} of them" if certain else ""
        yield BLANK
        yield line(Span(f"`reconcile explain {diagnostics[0].code}` says more{mends}", Style.DIM))


def each(diagnostics: Sequence[Diagnostic]) -> Iterator[Line]:
    """Diagnostics that stand for themselves, each with its severity."""
    for number, diagnostic in enumerate(diagnostics):
        if number:
            yield BLANK
        yield line(HEADS[diagnostic.severity], diagnostic.summary)
        yield from _body(diagnostic, summary=False)


def hint(text: str, indent: str = "") -> Iterator[Line]:
    """The way out."""
    first, *rest = text.splitlines()
    yield line(indent, Span("hint: ", Style.CYAN), first)
    for one in rest:
        yield line(indent, "      ", one)


def place(position: Position) -> str:
    """`file:line:column`, as editors and terminals make a link of it."""
    numbers = [str(number) for number in (position.line, position.column) if number]
    return ":".join([position.file, *numbers])


def _body(diagnostic: Diagnostic, *, summary: bool = True) -> Iterator[Line]:
    yield _where(diagnostic)
    if summary:
        severity = (HEADS[Severity.WARNING],) if diagnostic.severity is Severity.WARNING else ()
        yield line("    ", *severity, diagnostic.summary)
    for one in diagnostic.detail.splitlines():
        yield line("    ", one)
    if diagnostic.snippet and diagnostic.position:
        yield from _snippet(diagnostic.snippet, diagnostic.position)
    if diagnostic.hint:
        yield from hint(diagnostic.hint, indent="    ")


def _where(diagnostic: Diagnostic) -> Line:
    where = place(diagnostic.position) if diagnostic.position else ""
    parts = [part for part in (where, diagnostic.path or diagnostic.resource) if part]
    known = "".join(f"{part}  " for part in parts)
    return line("  ", Span(known, Style.BOLD), Span(f"[{diagnostic.code}]", Style.DIM))


def _snippet(snippet: str, position: Position) -> Iterator[Line]:
    number = str(position.line)
    margin = " " * len(number)
    start = max(position.column - 1 - WINDOW // 2, 0) if len(snippet) > WINDOW else 0
    column, source = position.column - 1 - start, snippet[start : start + WINDOW].replace("\t", " ")
    yield line("      ", Span(f"{number} | ", Style.DIM), source)
    if position.column:
        marked = max(width(source[column : column + position.length]), 1)
        marker = " " * width(source[:column]), Span("^" * marked, Style.RED)
        yield line("      ", Span(f"{margin} | ", Style.DIM), *marker)
