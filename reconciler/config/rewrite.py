"""
A YAML text in the one style, with every comment and key where it was.

Only blanks and empty lines change: each piece of the text is put out as it is, and what stands between two pieces is
made anew. So nothing can be lost, and `formatted` holds the result against the text that it came from.
"""

import re
from dataclasses import dataclass, field, replace

from reconciler.config.files import RawFile
from reconciler.config.source import parse
from reconciler.config.syntax import decode
from reconciler.config.text import Text
from reconciler.config.tokens import Token, tokens
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError

STEP = 2
"""Blanks a level; `- ` is as wide."""

MARKS_IN_FRONT = re.compile("\\A([ \t\n]*\ufeff)+")
EDGE_WITHIN = re.compile(r"^[ \t]+(---|\.\.\.)(?=\s|$)", re.MULTILINE)
EMPTY = "E0102"
ODD_LINE_END = re.compile("[\x85\u2028\u2029]")
BLANKS = str.maketrans("", "", " \t\r\n\ufeff")
OPENING = frozenset({"FlowSequenceStart", "FlowMappingStart"})
CLOSING = frozenset({"FlowSequenceEnd", "FlowMappingEnd"})
ENDS_A_KEY = frozenset({"Scalar", *CLOSING})
AT_THE_EDGE = frozenset({"Directive", "DocumentStart", "DocumentEnd", "StreamEnd"})


def restyled(file: RawFile) -> str:
    """
    A file in style.

    Raises:
        ConfigError: when it cannot be read, with all problems of the reader.
    """
    text = decode(file)
    problems = (text,) if isinstance(text, Diagnostic) else parse(text)[1]
    if isinstance(text, Diagnostic) or any(one.code != EMPTY for one in problems):
        raise ConfigError(f"`{file.shown}` cannot be read", diagnostics=problems)
    return formatted(text)


def formatted(text: Text) -> str:
    """
    The content in style; of a text that the reader takes without a problem.

    Raises:
        ConfigError: when the result would mean something else. Nothing is lost, and the file can stay as it is.
    """
    content = MARKS_IN_FRONT.sub("", text.content.replace("\r\n", "\n").replace("\r", "\n"))
    result = _Writer(content).written()
    if _same(text, result):
        return result
    if odd := ODD_LINE_END.search(content):
        hint = f"write U+{ord(odd[0]):04X} as `\\n` or remove it: programs disagree whether it ends a line"
    elif edge := EDGE_WITHIN.search(content):
        hint = f"put the text that begins with `{edge[1]}` in quotes: at the edge it would begin or end a document"
    else:
        hint = "this is a mistake of reconcile: please report it with the file"
    raise ConfigError(f"`{text.shown}` is left as it is: in style it would mean something else", hint=hint)


def _same(text: Text, result: str) -> bool:
    """Whether nothing but blanks differs, and both are read as the same values; `repr` tells `1` from `1.0`."""
    if text.content.translate(BLANKS) != result.translate(BLANKS):
        return False
    (before, said), (after, problems) = parse(text), parse(replace(text, content=result))
    if before is None or after is None:
        return before is after and [one.code for one in said] == [one.code for one in problems] == [EMPTY]
    return not problems and repr(before.value) == repr(after.value)


@dataclass(slots=True)
class _Block:
    """A block mapping or list: the column that it had, and the one that it gets."""

    old: int
    new: int
    kind: str

    @property
    def moved(self) -> int:
        return self.new - self.old


@dataclass(slots=True)
class _Open:
    """
    Where in the structure the next piece stands.

    Attributes:
        depth: of brackets and braces.
        key: whether a key begins here.
    """

    blocks: list[_Block] = field(default_factory=list)
    depth: int = 0
    key: bool = False

    @property
    def moved(self) -> int:
        return self.blocks[-1].moved if self.blocks else 0

    @property
    def inside(self) -> int:
        """The column of what stands below the innermost block."""
        return self.blocks[-1].new + STEP if self.blocks else 0

    def enter(self, token: Token) -> None:
        """Takes note of what a piece opens or closes, before it is written."""
        lists_here = bool(self.blocks) and self.blocks[-1].kind == "keyless"
        match token.kind:
            case "BlockMappingStart" | "BlockSequenceStart":
                self.blocks.append(_Block(token.column, self.inside, token.kind))
            case "BlockEntry" if self.depth == 0 and self.blocks and self.blocks[-1].kind == "BlockMappingStart":
                # A list at the column of its key; the library gives it neither a beginning nor an end.
                self.blocks.append(_Block(token.column, self.inside, "keyless"))
            case "Key" | "BlockEnd" if lists_here and self.depth == 0:
                self.blocks.pop()
                self.enter(token)
            case "Key":
                self.key = True
            case "BlockEnd":
                self.blocks.pop()

    def column(self, token: Token) -> int:
        """Where a piece goes that begins a line."""
        if token.kind in AT_THE_EDGE:
            return 0
        if self.depth:
            return _shifted(token.column, self.moved)
        if self.blocks and (self.key or token.kind in {"BlockEntry", "Key", "Value"}):
            return self.blocks[-1].new
        return self.inside

    def leave(self, token: Token) -> None:
        """Takes note of what a piece meant, after it is written."""
        self.depth += (token.kind in OPENING) - (token.kind in CLOSING)
        self.key = False


class _Writer:
    def __init__(self, content: str) -> None:
        self.content = content
        self.parts: list[str] = []
        self.open = _Open()
        self.last: Token | None = None
        self.end = 0
        self.width = 0  # of the line so far
        self.shift = 0  # how far the line was moved

    def written(self) -> str:
        before = list(self.open.blocks)
        for token in tokens(self.content):
            self.open.enter(token)
            if token.end > token.start:
                self.between(token, before)
                self.put(self.body(token))
                self.open.leave(token)
                self.last = token
                before = list(self.open.blocks)
        self.between(Token("StreamEnd", len(self.content), len(self.content), 0, ""), before)
        return "".join(self.parts)

    def put(self, text: str) -> None:
        self.parts.append(text)
        _, line_end, rest = text.rpartition("\n")
        self.width = len(rest) if line_end else self.width + len(rest)

    def between(self, token: Token, before: list[_Block]) -> None:
        """Blanks, empty lines and comments between the last piece and the next; `before` was open at the last one."""
        gap = self.content[self.end : token.start]
        first, *more = gap.split("\n")
        column = self.open.column(token)
        if comment := first.strip(" \t"):
            self.comment(first, comment)
        lines = more[:-1] if token.kind != "StreamEnd" else more
        empty = False
        for one in lines:
            if not (comment := one.strip(" \t")):
                empty = True
                continue
            self.new_line(empty=empty)
            self.put(" " * self.beside(_indent(one), token, column, before) + comment)
            empty = False
        if token.kind == "StreamEnd":
            self.put(self.last_line_end(gap))
        elif more or self.last is None:
            self.new_line(empty=empty)
            self.shift = column - token.column
            self.put(" " * column)
        else:
            self.put(_gap(self.last, token))
        self.end = token.start

    def new_line(self, *, empty: bool) -> None:
        if self.parts:
            self.put("\n\n" if empty else "\n")

    def comment(self, gap: str, comment: str) -> None:
        """One at the end of a line keeps its column, as far as there is place for it."""
        if self.last is None:
            self.put(comment)
            return
        start = self.content.rfind("\n", 0, self.end) + 1
        old = self.end - start + _indent(gap)
        self.put(" " * max(old + self.shift - self.width, 1) + comment)

    def beside(self, old: int, token: Token, column: int, before: list[_Block]) -> int:
        """The column of a comment with a line of its own: of the next piece, or of the block that it ends."""
        if self.open.depth:
            return _shifted(old, self.open.moved)
        if old <= token.column:
            return column
        block = next((one for one in reversed(before) if one.old <= old), None)
        return max(block.new if block else 0, column)

    def body(self, token: Token) -> str:
        """A piece as it goes out, its further lines moved with it."""
        self.end = token.end
        written = self.content[token.start : token.end]
        if token.kind != "Scalar" or "\n" not in written:
            return written
        if token.style and token.style in "|>":
            return self.block_scalar(written)
        self.shift = self.open.moved
        first, *more = written.split("\n")
        return "\n".join([_without_end(first), *(self.continued(one) for one in more)])

    def continued(self, line: str) -> str:
        content = _without_end(line.lstrip(" \t"))
        return " " * _shifted(_indent(line), self.open.moved) + content if content else ""

    def block_scalar(self, written: str) -> str:
        """A text after `|` or `>`; the empty lines at its end are content only after `+`."""
        head, *lines = written.split("\n")
        signs = head.partition("#")[0]
        digit = next((int(one) for one in signs if one.isdecimal()), 0)
        block = self.open.blocks[-1] if self.open.blocks else _Block(0, 0, "")
        old, new = block.old + digit if digit else _text_indent(lines), block.new + (digit or STEP)
        while lines and not lines[-1].strip(" ") and len(lines[-1]) <= old:
            self.end -= len(lines.pop()) + 1
            if "+" in signs:
                break
        return "\n".join([head.rstrip(" \t"), *(_moved(one, old, new) for one in lines)])

    def last_line_end(self, gap: str) -> str:
        """A text after `|` that ends with the file, and not with a line, would get one more character."""
        open_text = self.last is not None and self.last.style in {"|", ">"} and not gap
        return "" if open_text or not self.parts else "\n"


def _shifted(column: int, by: int) -> int:
    """Never to the first column: `---` would be something else there."""
    return max(column + by, min(column, 1))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _text_indent(lines: list[str]) -> int:
    """That of the first line with something in it; without one, no blank is content."""
    full = (_indent(one) for one in lines if one.strip(" "))
    return next(full, max(map(len, lines), default=0))


def _without_end(line: str) -> str:
    """Without blanks at the end; one after a backslash was meant."""
    kept = line.rstrip(" \t")
    return line if kept.endswith("\\") else kept


def _moved(line: str, old: int, new: int) -> str:
    content = line[old:]
    return " " * new + content if content else ""


def _gap(last: Token, token: Token) -> str:
    """What stands between two pieces of one line."""
    if last.kind in {"Value", "Tag"}:
        # Without a blank, a colon may be a part of what is around it, and what follows a part of the tag.
        return " "
    if token.kind == "Value":
        # The same of a name after `*` or `&`.
        return "" if last.kind in ENDS_A_KEY else " "
    if token.kind in {"FlowEntry", "FlowSequenceEnd"} or last.kind == "FlowSequenceStart":
        return ""
    return "" if (last.kind, token.kind) == ("FlowMappingStart", "FlowMappingEnd") else " "
