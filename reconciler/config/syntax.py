"""Problems of a file before it has any meaning: bytes, characters, and what the parser stumbles over."""

import re
from bisect import bisect
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from reconciler.config.edits import QUOTED, fix_at
from reconciler.config.files import RawFile
from reconciler.config.node import Node
from reconciler.config.text import LINE_END, Place, Text, printable, problem_at
from reconciler.domain.diagnostic import Diagnostic

NOT_ALLOWED = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The inverse of what YAML 1.2 calls printable (rule 1)."""

MAX_LINES = 500_000
"""Of one file; it has to be cut into lines to show one."""

MAX_DIRECTIVES = 100
"""libyaml compares each with all before it."""

HIDDEN_LINE_END = re.compile(r"[\x85\u2028\u2029]")

LINE_BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")

HINTS = (
    ("mapping values are not allowed", "quote a text that contains `: `, or check how the line is indented"),
    ("could not find expected ':'", "write `key: value`, and quote a text that goes over several lines"),
    ("did not find expected key", "check how the line is indented, and that every `{` and quote is closed"),
    ("expected <block end>", "check how the line is indented, and that every `{` and quote is closed"),
    ("did not find expected", "check that every bracket and quote above is closed"),
    ("found unexpected end of stream", "close the quote or bracket that was opened last"),
    (
        "a tab character where an indentation space",
        "indent with blanks; before a text that begins with a tab write `|2` in place of `|` if it stands 2 deeper",
    ),
    ("cannot start any token", "quote the text: it begins with a character that has a meaning in YAML"),
)


def decode(raw: RawFile) -> Text | Diagnostic:
    """The characters of a file, without the mark that some editors put in front."""
    try:
        return Text(raw.shown, raw.directory, raw.data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # The codec counts from behind the mark.
        data = raw.data.removeprefix(b"\xef\xbb\xbf")
        before = LINE_END.split(data[: error.start].decode("utf-8", "replace"))
        place = Place(Text(raw.shown, raw.directory, ""), len(before), len(before[-1]) + 1)
        offset = error.start + len(raw.data) - len(data)
        return problem_at(
            place,
            "E0109",
            f"`{raw.shown}` is not UTF-8",
            detail=f"the byte 0x{data[error.start]:02x} at offset {offset} cannot stand there",
            hint=f"convert it: `iconv -f CHARSET -t UTF-8 {raw.shown}`",
        )


def forbidden_character(text: Text) -> Diagnostic | None:
    """The first character that no YAML file may hold."""
    if (match := NOT_ALLOWED.search(text.content)) is None:
        return None
    before = LINE_END.split(text.content[: match.start()])
    place = Place(text, len(before), len(before[-1]) + 1)
    summary = f"the character U+{ord(match[0]):04X} is not allowed in YAML"
    return problem_at(place, "E0110", summary, hint="remove it, or write it as an escape in double quotes")


def hidden_line_end(text: Text, quoted: Callable[[], Iterable[tuple[int, int]]]) -> Diagnostic | None:
    """
    The first character that ends a line for the parser and for nobody who looks at the file: what follows it may be a
    key within a comment.

    Args:
        quoted: first and last index of each text in quotes, in which such a character means itself.
    """
    hidden = [match.start() for match in HIDDEN_LINE_END.finditer(text.content)]
    spans = tuple(quoted()) if hidden else ()
    starts = [start for start, _ in spans]
    for index in hidden:
        before = bisect(starts, index)
        if before == 0 or index > spans[before - 1][1]:
            lines = LINE_END.split(text.content[:index])
            summary = f"the character U+{ord(text.content[index]):04X} ends a line here, which no editor shows"
            hint = "remove it, or write it as an escape in double quotes"
            return problem_at(Place(text, len(lines), len(lines[-1]) + 1), "E0110", summary, hint=hint)
    return None


def too_many_lines(text: Text) -> Diagnostic | None:
    """What would cost more than it can mean: lines, and directives of YAML."""
    content = text.content
    if (lines := sum(map(content.count, LINE_BREAKS))) > MAX_LINES:
        what, most = f"{lines:,} line ends", f"{MAX_LINES:,}"
    elif (directives := content.count("\n%")) > MAX_DIRECTIVES:
        what, most = f"{directives:,} lines that begin with `%`", f"{MAX_DIRECTIVES}"
    else:
        return None
    return problem_at(
        Place(text),
        "E0111",
        f"`{text.shown}` is too large",
        detail=f"expected at most {most}, got {what}",
        hint="divide it into several files",
    )


def forbidden_escape(place: Place, value: str) -> Diagnostic | None:
    """A character that came in as an escape and that no program could be given."""
    bad = next((char for char in value if char == "\0" or "\ud800" <= char <= "\udfff"), None)
    if bad is None:
        return None
    return problem_at(
        place, "E0110", f"the character U+{ord(bad):04X} is not allowed in a text", hint="remove the escape"
    )


def empty(text: Text) -> Diagnostic:
    """A file that says nothing."""
    return problem_at(
        Place(text), "E0102", f"`{text.shown}` is empty", hint="begin with `version: 1`, `fleet: NAME` and `models:`"
    )


def bad_key(key: Node) -> Diagnostic:
    """A key that is no text."""
    if isinstance(key.value, list | dict):
        return problem_at(key.place, "E0106", "a key must be a text", hint="write `key: value`")
    shown = printable(key.place.written) or "null"
    hint = f'put it in quotes: `"{shown}"`'
    found = problem_at(
        key.place, "E0106", f"the key `{shown}` is not a text", detail="YAML reads it as a value", hint=hint
    )
    return replace(found, fix=fix_at(key.place, QUOTED))


def failure(text: Text, mark: Any, problem: str | None) -> Diagnostic:
    """What the parser stumbled over, in its own words, with the usual way out."""
    said = problem or "it cannot be understood"
    place = Place(text, mark.line + 1, mark.column + 1) if mark else Place(text)
    line = text.snippet(place.line)
    if "${" in line and re.search(r"\$\{[^}]*\}", line) and "did not find expected" in said:
        hint = "within `{ }` and `[ ]` quote a text with `${…}`, or write the value on a line of its own"
    elif "\t" in line[: max(place.column, 1)] and "token" in said:
        hint = "indent with blanks, not with tabs"
    else:
        hint = next((way for words, way in HINTS if words in said), "mend the line, or quote the text")
    return problem_at(place, "E0101", f"`{text.shown}` is not valid YAML: {said}", hint=hint)
