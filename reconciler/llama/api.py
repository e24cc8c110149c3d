"""
What a llama-server process answers on `/health`, `/props`, `/slots` and `/metrics` (b10434, b11434).

`/health` and `/props` never wake a sleeping model. `/slots` does, and a router even loads an unloaded one for
it, unless the query says `autoload=false`: ask for the slots of loaded models only.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from reconciler.domain.frozen import frozen
from reconciler.domain.observation import Health
from reconciler.llama.json_shape import OK, Shape, error_message, shape_of, wrong_answer

SERVICE_UNAVAILABLE = 503
METRIC_PREFIX = "llamacpp:"


@frozen
class HealthReply:
    """What `/health` says; `message` is empty when all is well."""

    health: Health
    message: str = ""


@frozen
class Props:
    """
    What `/props` says about a process.

    Attributes:
        router: whether it is the router; then `n_ctx` is 0 and nothing is said of slots and sleep.
        n_ctx: tokens of context of one slot.
        build_info: commit and build, for people; a build number in it cannot be relied on.
        max_instances: of a router, how many models it loads at once; 0 is unlimited.
    """

    router: bool
    model_path: str
    model_alias: str
    n_ctx: int
    total_slots: int | None
    build_info: str
    is_sleeping: bool
    max_instances: int | None


@frozen
class SlotState:
    """
    One of the places of a server in which a request is worked on; not a slot of ours.

    Attributes:
        task: number of the request; None when idle.
        decoded: tokens that it has produced so far.
    """

    id: int
    busy: bool
    n_ctx: int
    task: int | None = None
    decoded: int | None = None


def parse_health(status: int, body: bytes) -> HealthReply:
    """The state behind an answer of `/health`: 200, or 503 while it loads; anything else is an error."""
    if status == OK:
        return HealthReply(health=Health.OK)
    message = _message(body) or f"HTTP status {status}"
    if status == SERVICE_UNAVAILABLE:
        return HealthReply(health=Health.LOADING, message=message)
    return HealthReply(health=Health.ERROR, message=message)


def parse_props(body: bytes) -> Props:
    """
    Parse `/props` of a process or of the router.

    Raises:
        LlamaApiError: another shape, or an error (401 without the API key, 503 while loading).
    """
    top = shape_of("/props", body)
    return Props(
        router=top.maybe_text("role") == "router",
        model_path=top.member("model_path").text(),
        model_alias=top.member("model_alias").text(),
        n_ctx=top.member("default_generation_settings").member("n_ctx").integer(),
        total_slots=top.maybe_integer("total_slots"),
        build_info=top.member("build_info").text(),
        is_sleeping=top.claims("is_sleeping"),
        max_instances=top.maybe_integer("max_instances"),
    )


def parse_slots(body: bytes) -> tuple[SlotState, ...]:
    """
    Parse `/slots`; a server is idle when none is busy.

    Raises:
        LlamaApiError: the answer has another shape, or is an error (501 with `--no-slots`).
    """
    return tuple(_slot(item) for item in shape_of("/slots", body).items())


def parse_metrics(text: str) -> Mapping[str, float]:
    """
    Parse `/metrics`, Prometheus text without labels; `llamacpp:` is left off the names.

    Raises:
        LlamaApiError: a line is not a name and a number, or it is an error (501 without `--metrics`).
    """
    if text.startswith("{"):
        raise shape_of("/metrics", text.encode()).unexpected(expected="Prometheus text")
    values = (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return MappingProxyType(dict(_metric(words) for words in values))


def _slot(item: Shape) -> SlotState:
    busy, progress = item.member("is_processing").truth(), item.maybe("next_token")
    decoded = [token.maybe_integer("n_decoded") for token in progress.items()] if progress else []
    return SlotState(
        id=item.member("id").integer(),
        busy=busy,
        n_ctx=item.member("n_ctx").integer(),
        task=item.maybe_integer("id_task") if busy else None,
        decoded=decoded[0] if decoded and busy else None,
    )


def _metric(words: list[str]) -> tuple[str, float]:
    try:
        name, value = words
        return name.removeprefix(METRIC_PREFIX), float(value)
    except ValueError as error:
        raise wrong_answer(endpoint="/metrics", detail=f"expected a name and a number, got {words}") from error


def _message(body: bytes) -> str:
    try:
        return error_message(json.loads(body)) or ""
    except (ValueError, RecursionError):
        # A proxy in between answers with a page of its own; the status says enough.
        return ""
