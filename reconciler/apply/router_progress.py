"""How far the router is with loading a model, as its event stream tells. For people only: `/models` is the truth."""

from collections.abc import Callable

from reconciler.apply.context import Context
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.errors import LlamaApiError, RuntimeFailure
from reconciler.llama.router_api import parse_sse_event
from reconciler.llama.sse import SseParser

STEP = 0.1
"""Smallest piece of progress that is worth a line."""


async def follow(ctx: Context, change: Change, host: str, port: int, name: str, *, loads: Callable[[], None]) -> None:
    """
    Reports progress until it is cancelled or the stream ends.

    Args:
        loads: is called when there is some: a model that is being downloaded has none.
    """
    parser, told = SseParser(), 0.0
    try:
        async for piece in ctx.world.http.stream(port, "/models/sse", host=host, token=ctx.token):
            for raw in parser.feed(piece):
                event = parse_sse_event(raw)
                if event.model != name or event.progress is None:
                    continue
                loads()
                if event.progress >= told + STEP:
                    told = event.progress
                    ctx.tell(change, Stage.LOADING, fraction=told, port=port)
    except (RuntimeFailure, LlamaApiError, TimeoutError) as error:
        ctx.tell(change, Stage.NOTE, f"progress of loading is not known: {error}")
