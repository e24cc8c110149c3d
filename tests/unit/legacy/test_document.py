"""The text of a configuration, read back by the reader of the language."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.files import RawFile
from reconciler.config.rewrite import restyled
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.legacy.document import Entry, text_of, tree_of

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    [
        "null",
        "on",
        "1.0",
        "0x1f",
        "~",
        "<<",
        "a: b",
        "- a",
        "#",
        "a #b",
        "${x}",
        "$${x}",
        "\u2028",
        "\x85",
        " a ",
        "'",
        '"',
    ]
)
LEAVES = st.one_of(WORDS, st.integers(-(2**40), 2**40), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.dictionaries(WORDS, LEAVES, max_size=3))
COMMENTS = st.lists(WORDS, max_size=2).map(tuple)


def entries(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Entry, ...]]:
    made = st.builds(
        lambda value, above, beside, below: (value, above, beside, below), inside, COMMENTS, WORDS, COMMENTS
    )
    return st.dictionaries(WORDS, made, min_size=1, max_size=3).map(
        lambda found: tuple(
            Entry(key=key, value=value, above=above, beside=beside, below=below)
            for key, (value, above, beside, below) in found.items()
        )
    )


@given(found=entries(VALUES | entries(VALUES)), head=COMMENTS, end=COMMENTS)
def test_what_is_written_is_what_is_read_and_in_style(
    found: tuple[Entry, ...], head: tuple[str, ...], end: tuple[str, ...]
) -> None:
    text = text_of(found, head=head, end=end)
    root, problems = parse(Text("f.yaml", "/", text))
    assert problems == ()
    assert root is not None
    assert repr(root.value) == repr(tree_of(found))
    assert restyled(RawFile(path=Path("f.yaml"), data=text.encode(), identity=(0, 0))) == text
