"""One line of a plan: what happens to a resource, why, and what it costs."""

from enum import StrEnum
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.domain.names import ResourceId, SlotUid


class Action(StrEnum):
    """All that a plan can do to a resource; nothing else exists."""

    KEEP = "keep"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    RELOAD = "reload"
    ADOPT = "adopt"
    FORGET = "forget"

    @property
    def frees_memory(self) -> bool:
        """Whether a process ends, which must come before one that needs its memory."""
        return self in {Action.STOP, Action.RESTART}


class Reason(StrEnum):
    """Why the planner chose the action: for people to read, never for code to branch on."""

    UP_TO_DATE = "UpToDate"
    NEW = "New"
    NOT_RUNNING = "NotRunning"
    DIED = "Died"
    NOT_LOADED = "NotLoaded"
    NOT_DECLARED = "NotDeclared"
    DISABLED = "Disabled"
    SETTINGS_CHANGED = "SettingsChanged"
    SECRET_CHANGED = "SecretChanged"  # noqa: S105 - a reason, not a secret
    ENVIRONMENT_CHANGED = "EnvironmentChanged"
    MODEL_FILE_CHANGED = "ModelFileChanged"
    BINARY_CHANGED = "BinaryChanged"
    ROUTER_RESTARTED = "RouterRestarted"
    SERVE_CHANGED = "ServeChanged"
    UNHEALTHY = "Unhealthy"
    SURVIVORS = "SurvivorsOfADeadProcess"
    FOUND_RUNNING = "FoundRunning"
    PROTECTED = "Protected"
    GONE = "Gone"
    UNKNOWN = "Unknown"
    BLOCKED = "Blocked"
    RECORD_ONLY = "RecordOnly"
    REPLACED = "Replaced"
    SECTIONS_LEFT = "SectionsLeft"


class Effect(StrEnum):
    """What a changed field costs, from nothing to every model of the router."""

    NONE = "none"
    RELOAD = "reload"
    RESTART = "restart"
    ROUTER_RESTART = "router-restart"

    @property
    def rank(self) -> int:
        """Position from cheap to dear."""
        return list(Effect).index(self)


@frozen
class FieldChange:
    """One field whose applied value is not the declared one; `None` stands for llama-server's own default."""

    path: str
    before: Any
    after: Any
    effect: Effect


@frozen
class Change:
    """
    What happens to one resource.

    Attributes:
        slot: the uid of the resource; the plan gives one to a new resource.
        port: the port after the change; chosen by the plan for a model without one of its own.
        downtime_seconds: expected, from the history of loads; `None` unknown.
        busy: requests in flight that wait or are cut; `None` unknown.
        wave: changes of one wave run side by side; a wave waits for the one before.
        note: one sentence for people, such as the hint at a protected model.
        forget_after: the resource leaves the record once it is stopped (it left the files).
    """

    resource: ResourceId
    action: Action
    reason: Reason
    effect: Effect = Effect.NONE
    fields: tuple[FieldChange, ...] = ()
    slot: SlotUid | None = None
    port: int | None = None
    downtime_seconds: float | None = None
    busy: int | None = None
    wave: int = 0
    note: str = ""
    forget_after: bool = False
