"""The style: what changes, what never changes, and that a second time changes nothing."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.config.files import RawFile
from reconciler.config.rewrite import formatted, restyled
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError

TOP = Path(__file__).parents[3]
DOCUMENTS = ("README.md", "docs/language.md", "docs/ci/README.md")
SHOWN = [
    (name, text) for name in DOCUMENTS for text in re.findall(r"```yaml\n(.*?)```", (TOP / name).read_text(), re.DOTALL)
]
"""What the documents show."""

NASTY = """\
%YAML 1.2
# yaml-language-server: $schema=../schemas/fleet.schema.json
---


# top
a :   # beside
- x: |  # within
    text  
      more


- &n {b: 1,   'c':2   , d: [ a,b , ], e: {}, "f":[]}   # flow


  # in the list
# of k
? k
: - - v
    - w
k2: |+
  é

# after a text that keeps its end
several: this is
     a plain
  text     # its end
quoted: "one \\   
    two   
   three \\  
    four"
single: &s 'a

    b'
m:
    # first
    deep:
          deeper: 1
          # after deeper
        # after deep
    flow: [
        1,   # one
        2 ,
    ]
    same:
    - 1
    # within same
    - a: 1
      b: 2
    -   c:    3
        d: |2
            lead
          x
    <<: *n
    of_alias: {*s : 3, <<: *n}
    alias: *n
    tagged: !!str   12
    empty:
    below:
      val\tue
    e2:\t\t~
    folded: >-

      a

        b


last: >
    fold
    more

      in

    end

"""  # noqa: W291 - blanks at the end are a part of it


def style(text: str) -> str:
    return formatted(Text("fleet.yaml", "", text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n    b: 1\n", "a:\n  b: 1\n"),
        ("a:\n- 1\n- 2\nb: 1\n", "a:\n  - 1\n  - 2\nb: 1\n"),
        ("a:\n-   b: 1\n    c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
        ("a:\n- - 1\n  - 2\n", "a:\n  - - 1\n    - 2\n"),
        ("a :   1\n", "a: 1\n"),
        ("a: {b: 1,c: [1,2]}\n", "a: { b: 1, c: [1, 2] }\n"),
        ("a: {  }\nb: [  ]\n", "a: {}\nb: []\n"),
        ("a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n"),
        ("\n\na: 1", "a: 1\n"),
        ("a: 1   \n\n\n", "a: 1\n"),
        ("a: 1\r\nb: 2\rc: 3\r\n", "a: 1\nb: 2\nc: 3\n"),
        ("\ufeffa: 1\n", "a: 1\n"),
        ("a:    1  # x\nbb: 2   # y\n", "a: 1     # x\nbb: 2   # y\n"),
        ("a: 1# x\n", "a: 1# x\n"),
        ("a:\n# x\n    b: 1\n", "a:\n  # x\n  b: 1\n"),
        ("a:\n    b: 1\n    # x\nc: 1\n", "a:\n  b: 1\n  # x\nc: 1\n"),
        ("a:\n    b: 1\n# x\nc: 1\n", "a:\n  b: 1\n# x\nc: 1\n"),
        ("a: 'x'\nb: \"y\"\n", "a: 'x'\nb: \"y\"\n"),
        ("a: |\n      x\n        y\n\n\nb: 1\n", "a: |\n  x\n    y\n\nb: 1\n"),
        ("a:\n    b: |2\n        x\n", "a:\n  b: |2\n      x\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
        ("a: |\n  x", "a: |\n  x"),
        ("a:\n    b: x\n     y\n", "a:\n  b: x\n   y\n"),
        ("# x\n---\na: 1\n...\n", "# x\n---\na: 1\n...\n"),
        ('{"a":1,"b":[\n 1,\n 2]}', '{ "a": 1, "b": [\n 1,\n 2] }\n'),
    ],
)
def test_the_style(before: str, after: str) -> None:
    assert style(before) == after


def unchanged(text: str) -> None:
    """What every text must keep: the meaning, each comment and piece, and its form when it is formatted again."""
    once = style(text)

    assert style(once) == once
    assert re.sub(r"[ \t\r\n\ufeff]", "", once) == re.sub(r"[ \t\r\n\ufeff]", "", text)
    assert repr(value(once)) == repr(value(text))


def value(text: str) -> object:
    root, problems = parse(Text("fleet.yaml", "", text))
    assert root is not None
    assert problems == ()
    return root.value


EXAMPLES = sorted({*TOP.glob("examples/**/*.yaml"), *TOP.glob("tests/**/*.y*ml"), *TOP.glob("**/ci/*.yml")})


@pytest.mark.parametrize("text", [NASTY, NASTY.replace("\n", "\r\n"), *(text for _, text in SHOWN)])
def test_comments_order_and_meaning_stay(text: str) -> None:
    unchanged(text)


def test_every_file_that_we_have_keeps_its_meaning() -> None:
    readable = [text for text in (one.read_text() for one in EXAMPLES) if not parse(Text("fleet.yaml", "", text))[1]]

    assert len(readable) > 30
    for text in readable:
        unchanged(text)


def test_our_own_files_are_in_style() -> None:
    files = [(str(one), one.read_text()) for one in TOP.glob("examples/**/*.yaml")]

    assert [name for name, text in (*files, *SHOWN) if style(text) != text] == []


PIECES = st.sampled_from(
    [
        *NASTY.splitlines(keepends=True),
        " ",
        "  ",
        "\n",
        "- ",
        "# c\n",
        "#",
        "a: ",
        "b:\n",
        "|\n",
        ": ",
        "[",
        "]",
        "{",
        "}",
    ]
)


@given(st.lists(st.tuples(st.integers(0, 3000), PIECES, st.integers(0, 12)), max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_whatever_is_readable_keeps_its_meaning(changes: list[tuple[int, str, int]]) -> None:
    text = NASTY
    for at, piece, dropped in changes:
        start = at % (len(text) + 1)
        text = text[:start] + piece + text[start + dropped :]
    root, problems = parse(Text("fleet.yaml", "", text))
    assume(root is not None and not problems)

    unchanged(text)


KEYS = st.sampled_from(["a", "b", "key", '"q"', "'s'", "é"])
SCALARS = st.sampled_from(
    ["1", "~", "x y", "'it''s'", '"a\\tb"', "on", "1.50", "", "|\n{0}  t\n{0}   u\n", ">-\n{0}  t\n"]
)
COMMENTS = st.sampled_from(["", "", "", "  # beside", "\n{0}# below", "\n\n\n# at the edge", "\n      # far"])


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0, indent: str = "") -> str:
    """A block mapping with indents, comments and blanks of all kinds."""
    lines = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=3, unique=True)):
        blank, comment = draw(st.sampled_from([" ", "   "])), draw(COMMENTS).format(indent)
        kind = draw(st.sampled_from(["scalar", "map", "list", "flow"])) if depth < 3 else "scalar"
        inner = indent + " " * draw(st.integers(1, 5))
        if kind == "scalar":
            scalar = draw(SCALARS).format(indent)
            lines.append(f"{indent}{key}:{blank}{scalar}" + ("" if "\n" in scalar else f"{comment}\n"))
        elif kind == "map":
            lines.append(f"{indent}{key}:{comment}\n{draw(blocks(depth + 1, inner))}")
        elif kind == "flow":
            lines.append(f"{indent}{key}:{blank}[1,{{a: b}}, 'x' ]{comment}\n")
        else:
            inner = draw(st.sampled_from([indent, inner]))
            items = "".join(
                f"{inner}-{blank}{item}\n" for item in draw(st.lists(st.sampled_from(["1", "a: 1"]), min_size=1))
            )
            lines.append(f"{indent}{key}:{comment}\n{items}")
    return "".join(lines)


@given(blocks())
@settings(max_examples=150, deadline=None)
def test_whatever_its_indents_a_text_keeps_its_meaning(text: str) -> None:
    unchanged(text)


def test_a_text_that_programs_read_in_two_ways_is_left_alone() -> None:
    with pytest.raises(ConfigError, match="is left as it is") as caught:
        style("a: 1\x85b:   2\n")

    assert caught.value.hint.startswith("write U+0085 as")


def raw(text: str) -> RawFile:
    return RawFile(path=Path("fleet.yaml"), data=text.encode(), identity=(0, 0))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\n\n", ""),
        ("# a\n\n\n#b", "# a\n\n#b\n"),
        ("---\n", "---\n"),
        ("a: [1,!!str ]", "a: [1, !!str ]\n"),
        ("a: {b: !!str , c: 1}", "a: { b: !!str , c: 1 }\n"),
        ("\n\ufeff# c\na: 1\n", "# c\na: 1\n"),
    ],
)
def test_what_says_little_has_a_style_too(before: str, after: str) -> None:
    assert [restyled(raw(one)) for one in (before, after)] == [after, after]


def test_a_text_that_would_end_the_document_at_the_edge_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        restyled(raw("   --- a: 1\n"))

    assert caught.value.hint.startswith("put the text that begins with `---` in quotes")


def test_a_text_that_begins_with_a_tab_is_told_how_to_be_written() -> None:
    with pytest.raises(ConfigError) as caught:
        restyled(raw("a: |\n  \tb\n"))

    (found,) = caught.value.diagnostics
    assert isinstance(found, Diagnostic)
    assert "write `|2` in place of `|`" in found.hint
    assert restyled(raw("a: |2\n  \tb\n")) == "a: |2\n  \tb\n"


@pytest.mark.parametrize("content", [b"a: [", b"a: 1\na: 2\n", b"\xff", b"a: \x00"])
def test_what_cannot_be_read_is_no_text_to_format(content: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        restyled(RawFile(path=Path("fleet.yaml"), data=content, identity=(0, 0)))

    assert caught.value.diagnostics
