"""The tables of a store, for documents that describe them."""

from reconciler.domain.frozen import frozen


@frozen
class ColumnFacts:
    """
    One column.

    Attributes:
        key: whether it is the primary key, or a part of it.
        check: what a value must be, as SQL says it; empty when any is good.
        references: the table that it names a row of.
    """

    name: str
    type: str
    key: bool = False
    required: bool = False
    check: str = ""
    references: str = ""
    meaning: str = ""


@frozen
class TableFacts:
    """One table."""

    name: str
    meaning: str
    columns: tuple[ColumnFacts, ...]
