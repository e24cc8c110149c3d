"""
Two applied documents, field by field. Never hashes, never command lines: an upgrade of the program changes both.

A path that this program does not know is kept and shown. What is missing on one side is `None`, llama-server's default.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.domain.change import Effect, FieldChange, Reason
from reconciler.spec.record import Applied
from reconciler.spec.registry import ENVIRONMENT_WITHOUT_EFFECT, effect_of

SECRET = "(secret)"  # noqa: S105 - what is shown instead of one
UNSEEN = frozenset({"moved_from", "download"})
"""Keys that tell the planner something and describe nothing that runs, or that follow from others."""

OF_A_PROCESS = frozenset({"server", "environment", "secrets", "llama_server", "port"})
"""Parts of a document that only a process of its own has."""

CAUSES = {
    "secrets": Reason.SECRET_CHANGED,
    "environment": Reason.ENVIRONMENT_CHANGED,
    "files": Reason.MODEL_FILE_CHANGED,
    "llama_server": Reason.BINARY_CHANGED,
}


def field_changes(before: Applied | None, after: Applied) -> tuple[FieldChange, ...]:
    """What differs, in the order of the paths; nothing when nothing was ever applied."""
    if before is None or before == after:
        return ()
    old, new = dict(_flat(before)), dict(_flat(after))
    return tuple(
        FieldChange(
            path=path, before=_shown(path, old), after=_shown(path, new), effect=effect_of(path, serve=after.serve)
        )
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and _comparable(path, old, new, same_kind=before.serve == after.serve)
    )


def costly(fields: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    """Those that cannot be taken over by the process as it runs."""
    return tuple(one for one in fields if one.effect is not Effect.NONE)


def reason_of(fields: tuple[FieldChange, ...]) -> Reason:
    """One word for what changed: settings, unless only facts of the host did."""
    heads = {one.path.partition(".")[0] for one in costly(fields)}
    return CAUSES.get(heads.pop(), Reason.SETTINGS_CHANGED) if len(heads) == 1 else Reason.SETTINGS_CHANGED


def _flat(applied: Applied) -> Iterator[tuple[str, Any]]:
    for key, value in applied.document.items():
        if key in UNSEEN:
            continue
        if key == "files":
            yield from ((f"files.{path}", (facts["size"], facts["mtime_ns"])) for path, facts in value.items())
        else:
            yield from leaves(key, value)
    if applied.serve != "process":
        yield "serve", applied.serve


def leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The single values of a tree, by their paths."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(f"{path}.{key}", inner)
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _comparable(path: str, old: Mapping[str, Any], new: Mapping[str, Any], *, same_kind: bool) -> bool:
    """
    Whether a difference is worth a word.

    A file that is no longer part of a model goes without saying, as does what comes with a process of its own. The
    caller's PATH, HOME and LANG stay recorded as the process got them: every other shell has others.
    """
    head, _, rest = path.partition(".")
    if head == "environment" and rest in ENVIRONMENT_WITHOUT_EFFECT:
        return False
    if head == "files":
        return path in old and path in new
    return same_kind or head not in OF_A_PROCESS


def _shown(path: str, side: Mapping[str, Any]) -> Any:
    value = side.get(path)
    if value is None:
        return None
    if path.startswith("secrets."):
        return SECRET
    return _file(*value) if path.startswith("files.") else value


def _file(size: int, mtime_ns: int) -> str:
    written = datetime.fromtimestamp(mtime_ns // 10**9, tz=UTC)
    return f"{size} bytes of {written:%Y-%m-%d %H:%M:%S} UTC"
