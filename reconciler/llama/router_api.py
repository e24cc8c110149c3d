"""
What the router answers on `/models`, `/models/load` and `/models/sse` (b10434, b11434).

`/models/load` promises nothing: it accepts models that cannot be loaded. The truth is in `/models`, and
earlier in the events of `/models/sse`. A reload (`/models?reload=1`) answers like `/models`, and forgets who
failed.
"""

import json
from enum import StrEnum
from itertools import pairwise

from reconciler.domain.frozen import frozen
from reconciler.llama.json_shape import OK, Shape, error_message, shape_of
from reconciler.llama.sse import SseEvent

SSE = "/models/sse"
EVERY_MODEL = "*"
ALREADY_RUNNING = "model is already running"


class ModelStatus(StrEnum):
    """The state of a model in the router; UNKNOWN is a word that this program does not know."""

    UNLOADED = "unloaded"
    LOADING = "loading"
    LOADED = "loaded"
    SLEEPING = "sleeping"
    DOWNLOADING = "downloading"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, _value: object) -> "ModelStatus":
        return cls.UNKNOWN


@frozen
class RouterModel:
    """
    One model of the router, as `/models` shows it.

    Attributes:
        failed: the last load, or the process, ended with an error; `exit_code` says which.
        args: command line of its process, also while there is none.
        port: where its process listens; None while it has none.
        preset: the section that the router made of the INI, with the router's own flags mixed in.
        n_ctx: tokens of context, of a loaded model.
    """

    name: str
    aliases: tuple[str, ...]
    status: ModelStatus
    failed: bool
    exit_code: int | None
    args: tuple[str, ...]
    port: int | None
    preset: str
    n_ctx: int | None


@frozen
class LoadReply:
    """
    What `/models/load` says; `accepted` is no promise that the model will load.

    Attributes:
        already_running: refused because it is loaded or loading, which is what was wanted.
    """

    accepted: bool
    already_running: bool = False
    message: str = ""


@frozen
class RouterEvent:
    """
    One event of `/models/sse`.

    Attributes:
        kind: `model_status`, `status_change` or `models_reload`; later builds may send others.
        model: None for an event that concerns all.
        progress: how far a load is, from 0 to 1, over all its stages.
        stage: what is being loaded (`text_model`).
    """

    kind: str
    model: str | None
    status: ModelStatus | None = None
    exit_code: int | None = None
    progress: float | None = None
    stage: str | None = None


def parse_models(body: bytes) -> tuple[RouterModel, ...]:
    """
    Parse `/models`, or the answer to a reload, of a router.

    Raises:
        LlamaApiError: not a router's answer, or an error: a refused reload says which key or alias was wrong.
    """
    return tuple(_model(item) for item in shape_of("/models", body).member("data").items())


def parse_load_reply(status: int, body: bytes) -> LoadReply:
    """
    Parse the answer of `/models/load`; a refusal (400, 404) is a value, not an error.

    Raises:
        LlamaApiError: the answer is neither.
    """
    if status == OK:
        accepted = shape_of("/models/load", body).member("success").truth()
        return LoadReply(accepted=accepted)
    try:
        message = error_message(json.loads(body))
    except (ValueError, RecursionError):
        message = None
    if message is None:
        message = f"HTTP status {status}"
    return LoadReply(accepted=False, already_running=message == ALREADY_RUNNING, message=message)


def parse_sse_event(event: SseEvent) -> RouterEvent:
    """
    Parse one event of `/models/sse`.

    Raises:
        LlamaApiError: its data has another shape.
    """
    top = shape_of(SSE, event.data.encode())
    model = top.member("model").text()
    data = top.maybe("data") or Shape(SSE, {}, "data")
    status, progress = data.maybe_text("status"), data.maybe("progress")
    return RouterEvent(
        kind=top.member("event").text(),
        model=None if model == EVERY_MODEL else model,
        status=None if status is None else ModelStatus(status),
        exit_code=data.maybe_integer("exit_code"),
        progress=_progress(progress) if progress else None,
        stage=progress.maybe_text("current") if progress else None,
    )


def _model(item: Shape) -> RouterModel:
    status, meta = item.member("status"), item.maybe("meta")
    args = status.maybe_texts("args")
    return RouterModel(
        name=item.member("id").text(),
        aliases=item.maybe_texts("aliases"),
        status=ModelStatus(status.member("value").text()),
        failed=status.claims("failed"),
        exit_code=status.maybe_integer("exit_code"),
        args=args,
        port=_port(args),
        preset=status.maybe_text("preset") or "",
        n_ctx=meta.maybe_integer("n_ctx") if meta else None,
    )


def _port(args: tuple[str, ...]) -> int | None:
    """The port among the arguments; the router writes 0 for a model that has no process."""
    values = [value for flag, value in pairwise(args) if flag == "--port"]
    return int(values[-1]) or None if values and values[-1].isdecimal() else None


def _progress(progress: Shape) -> float | None:
    """Stages count alike: the second of two at half is three quarters."""
    stages, current, value = (
        progress.maybe_texts("stages"),
        progress.maybe_text("current"),
        progress.maybe("value"),
    )
    if value is None or current not in stages:
        return None
    return (stages.index(current) + value.number()) / len(stages)
