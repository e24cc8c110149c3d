"""Codes of diagnostics in sentences: for a terminal, as JSON, and as the reference docs/diagnostics.md."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from reconciler.domain.codes import CODES
from reconciler.render import FORMAT_VERSION
from reconciler.render.explanations import EXPLANATIONS, GROUPS
from reconciler.render.layout import BLANK, Line, Span, Style, columns, line

INTRODUCTION = """\
# Diagnostics

<!-- Written by `make generated`. -->

Everything that `reconcile` says about a configuration has a code that keeps its meaning: `E` stops the run before
anything is touched, `W` stops nothing. `reconcile explain CODE` prints one of these on the terminal. The examples leave
out `version`, `fleet` and whatever else does not matter.
"""

WIDTH = 100
"""Characters of a line of sentences on a terminal."""

Json = dict[str, Any]


def codes_text() -> tuple[Line, ...]:
    """The list of all codes."""
    return columns([Span(code, Style.BOLD), title] for code, title in CODES.items())


def code_text(code: str) -> Iterator[Line]:
    """One code for a terminal."""
    said = EXPLANATIONS[code]
    yield line(Span(f"{code}: ", Style.BOLD), Span(CODES[code], Style.BOLD))
    for sentence in (said.meaning, said.reason, said.remedy):
        yield BLANK
        yield from (line(part) for part in wrap(sentence, WIDTH, break_long_words=False))
    for head, example in (("Wrong", said.wrong), ("Right", said.right)):
        if example:
            yield BLANK
            yield line(f"{head}:")
            yield BLANK
            yield from (line("    ", one) for one in example.splitlines())


def code_json(code: str) -> Json:
    """One code for programs; examples that there are not are nothing."""
    said = EXPLANATIONS[code]
    return {
        "code": code,
        "title": CODES[code],
        "meaning": said.meaning,
        "reason": said.reason,
        "remedy": said.remedy,
        "wrong": said.wrong or None,
        "right": said.right or None,
    }


def codes_json(codes: tuple[str, ...] = tuple(CODES)) -> Json:
    """The codes that were asked for."""
    return {"format_version": FORMAT_VERSION, "codes": [code_json(code) for code in codes]}


def codes_markdown() -> str:
    """The whole reference."""
    return INTRODUCTION + "".join(
        f"\n## {title}\n" + "".join(map(code_markdown, sorted(group, key=_order))) for title, group in GROUPS.items()
    )


def code_markdown(code: str) -> str:
    """One code with a heading of its own."""
    said = EXPLANATIONS[code]
    text = f"\n### {code}\n\n**{CODES[code]}.** {said.meaning}\n\n{said.reason} {said.remedy}\n"
    if said.wrong:
        text += f"\nWrong:\n\n```yaml\n{said.wrong}```\n\nRight:\n\n```yaml\n{said.right}```\n"
    return text


def _order(code: str) -> tuple[str, str]:
    """Errors first, then warnings."""
    return code[0], code[1:]
