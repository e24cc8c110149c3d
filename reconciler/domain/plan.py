"""The plan as a value: every resource on either side has one change, KEEP included."""

from typing import Any

from reconciler.domain.change import Action, Change
from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId


@frozen
class Drift:
    """Something that changed outside of reconcile and matters to this plan."""

    resource: ResourceId
    summary: str
    path: str = ""
    recorded: Any = None
    observed: Any = None


@frozen
class Objection:
    """
    A reason not to run the plan as it is.

    Attributes:
        insist: the option that overrides it, empty when none does.
        blocking: whether nothing is done; otherwise the rest goes on, and the run says that something was skipped.
    """

    code: str
    summary: str
    insist: str = ""
    blocking: bool = True


@frozen
class Basis:
    """
    The world that a plan was computed from. A saved plan is refused on another one.

    Attributes:
        identities: one `pid:start_ticks:inode` text by resource, `-` when nothing runs.
        build: what will be started from; empty in a plan of a program that did not say so.
    """

    lineage: str
    serial: int
    spec_digest: str
    boot_id: str
    identities: tuple[tuple[ResourceId, str], ...] = ()
    build: str = ""


@frozen
class Plan:
    """
    What would change, and why.

    Attributes:
        changes: in the order in which they run: by wave, what frees memory first, then by name.
        diagnostics: warnings and pre-flight errors; an error blocks the whole plan.
        notices: lines for the head of the plan (a pending migration, another build).
    """

    fleet: str
    changes: tuple[Change, ...]
    basis: Basis
    drift: tuple[Drift, ...] = ()
    objections: tuple[Objection, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.KEEP)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be done."""
        return not self.pending

    @property
    def waves(self) -> tuple[tuple[Change, ...], ...]:
        """The pending changes, grouped as they run."""
        numbers = sorted({change.wave for change in self.pending})
        return tuple(tuple(c for c in self.pending if c.wave == number) for number in numbers)

    def count(self, action: Action) -> int:
        """How many resources get this action."""
        return sum(change.action is action for change in self.changes)

    def change(self, resource: ResourceId) -> Change | None:
        """The change of one resource."""
        return next((change for change in self.changes if change.resource == resource), None)
