"""What a node says of itself, read from a file or made of parts."""

from reconciler.config.node import Entry, Node, mapping, sequence
from reconciler.config.source import parse
from reconciler.config.text import Text

TEXT = "a: {b: [1, {c: '${x}'}], d: 2}\ne: []\nf: {}\n"


def test_a_node_that_is_made_of_parts_counts_as_one_that_is_read() -> None:
    read, _ = parse(Text("fleet.yaml", "", TEXT))
    assert read

    made = _rebuilt(read)

    assert (made.size, made.height, made.open, made.value) == (read.size, read.height, read.open, read.value)


def _rebuilt(node: Node) -> Node:
    if node.entries is not None:
        return mapping(node.place, {key: Entry(one.place, _rebuilt(one.node)) for key, one in node.entries.items()})
    return node if node.items is None else sequence(node.place, [_rebuilt(one) for one in node.items])
