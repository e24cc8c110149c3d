"""What was done, as the store keeps it for those who look back."""

from collections.abc import Mapping
from typing import Any

from reconciler.domain.actor import Actor
from reconciler.domain.change import FieldChange
from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId
from reconciler.domain.revision import Revision


@frozen
class Event:
    """
    One line of the audit.

    Attributes:
        number: rises with every event; none is ever missing.
        run: the run that it belongs to; `None` for what is no run, such as `store rename`.
        what: the operation, such as `apply`.
        resource: empty where it concerns the fleet as a whole.
    """

    number: int
    at: float
    actor: Actor
    run: int | None
    what: str
    resource: str
    result: str
    detail: str


@frozen
class Step:
    """One action of a run, from its row in the journal to its outcome; `seconds` is `None` when it was cut off."""

    resource: ResourceId
    action: str
    result: str
    message: str
    seconds: float | None


@frozen
class Generation:
    """
    One applied fleet spec.

    Attributes:
        operation: `apply`, `rollback` …
        rollback_to: the generation that a rollback went back to.
        revision: of the files that it came from; `None` when they were in no repository.
        program: the version of this program.
        build: of llama-server.
        started_at: when its run began; `created_at` is when that ended.
        steps: what its run did, in the order of the journal.
        spec: the fleet document, in today's form.
        plan: as `plan --format json` showed it.
    """

    number: int
    run: int
    operation: str
    result: str
    origin: str
    program: str
    build: str
    who: str
    started_at: float
    created_at: float
    rollback_to: int | None
    revision: Revision | None
    steps: tuple[Step, ...]
    spec: Mapping[str, Any]
    plan: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """How long its run took."""
        return self.created_at - self.started_at


@frozen
class Difference:
    """
    What two specs say differently of one resource.

    Attributes:
        resource: of the fleet as a whole it is `fleet`.
        change: `added`, `removed` or `changed`.
        fields: of one that is there on both sides.
    """

    resource: str
    change: str
    fields: tuple[FieldChange, ...] = ()
