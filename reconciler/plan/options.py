"""What the caller of a plan insists on, and what only the caller knows."""

from reconciler.domain.frozen import frozen
from reconciler.llama.catalogue import Catalogue


@frozen
class PlanOptions:
    """
    Options of one plan.

    Attributes:
        targets: names of models or ids of resources; empty is all of them.
        max_stop: percent, for this run instead of `safety.max_stop`.
        origin: where the configuration came from; empty when nobody knows.
        notices: lines for the head of the plan.
        says_hold: whether the notices say already what becomes of what is held.
        catalogue: the flags of the build, to compare the command line of a process that the record does not know.
    """

    targets: frozenset[str] = frozenset()
    max_stop: int | None = None
    allow_empty: bool = False
    accept_origin: bool = False
    origin: str = ""
    notices: tuple[str, ...] = ()
    says_hold: bool = False
    catalogue: Catalogue | None = None
