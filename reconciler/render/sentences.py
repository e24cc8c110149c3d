"""What a change means, in words. The reason is only shown here; nothing branches on it to decide."""

from collections.abc import Mapping

from reconciler.domain.change import Action, Change, Effect, Reason
from reconciler.domain.names import ROUTER
from reconciler.render import values

SYMBOLS: Mapping[Action, str] = {
    Action.START: "+",
    Action.STOP: "-",
    Action.RESTART: "-/+",
    Action.RELOAD: "~",
    Action.ADOPT: "<=",
    Action.FORGET: ".",
    Action.KEEP: "",
}

WHY: Mapping[Reason, str] = {
    Reason.NOT_RUNNING: "it is not running",
    Reason.DIED: "it died",
    Reason.NOT_LOADED: "it is not loaded",
    Reason.NOT_DECLARED: "it is not declared any more",
    Reason.DISABLED: "it is disabled",
    Reason.SECRET_CHANGED: "a secret changed",
    Reason.ENVIRONMENT_CHANGED: "its environment changed",
    Reason.MODEL_FILE_CHANGED: "its model file changed",
    Reason.BINARY_CHANGED: "llama-server is another build",
    Reason.ROUTER_RESTARTED: "the router restarts",
    Reason.SERVE_CHANGED: "it is served in another way",
    Reason.UNHEALTHY: "it is not healthy",
    Reason.SURVIVORS: "processes of a dead server are left",
    Reason.FOUND_RUNNING: "it was found running",
    Reason.PROTECTED: "it is protected",
    Reason.GONE: "its process is gone",
    Reason.UNKNOWN: "its state cannot be seen",
    Reason.BLOCKED: "it waits for something else",
    Reason.REPLACED: "another resource takes its place",
    Reason.SECTIONS_LEFT: "a run that was cut off has left them there",
}
"""Reasons that say more than the action does; the others (`New`, `RecordOnly`, `UpToDate`) say nothing new."""


def sentence(change: Change) -> str:
    """What happens to the resource, and why."""
    why = _why(change)
    return f"{_what(change)} ({why})" if why else _what(change)


def cost(change: Change) -> str:
    """What it costs those who use it; empty when it costs nothing or nothing is known."""
    parts = []
    if change.downtime_seconds is not None:
        about = values.duration(change.downtime_seconds)
        parts.append(f"{about if about.startswith('under') else f'about {about}'} down")
    if change.busy:
        parts.append(f"{values.counted(change.busy, 'request')} in flight")
    return ", ".join(parts)


def is_worth_a_line(change: Change) -> bool:
    """Whether a plan shows it: it does something, or somebody might expect that it does."""
    return change.action is not Action.KEEP or bool(change.fields) or change.reason is not Reason.UP_TO_DATE


def _what(change: Change) -> str:
    start = f"will be started on port {change.port}" if change.port else "will be loaded in the router"
    said = {
        Action.START: start,
        Action.STOP: "will be unloaded" if change.effect is Effect.RELOAD else "will be stopped",
        Action.RESTART: "must be restarted",
        Action.RELOAD: "will be reloaded in the router; others stay loaded",
        Action.ADOPT: "will be taken over as it runs",
        Action.FORGET: "will be forgotten",
        Action.KEEP: "takes the change without a restart" if change.fields else "stays as it is",
    }
    if change.resource == ROUTER and change.action is Action.RESTART:
        return "must be restarted, and all its models loaded again"
    if change.resource == ROUTER and change.action is Action.RELOAD:
        return "will let go of models that do not belong there; others stay loaded"
    return said[change.action]


def _why(change: Change) -> str:
    if why := WHY.get(change.reason, ""):
        return why
    if change.action is Action.RESTART and change.reason is Reason.SETTINGS_CHANGED:
        return _paths(change)
    return ""


def _paths(change: Change) -> str:
    paths = [field.path for field in change.fields if field.effect is not Effect.NONE]
    if len(paths) > 1:
        return f"{paths[0]} and {len(paths) - 1} more changed"
    return f"{paths[0]} changed" if paths else ""
