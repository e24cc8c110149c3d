"""
How a download goes on, by what its process has written.

llama-server (b10434, b11434) downloads before it listens, and says nothing of it in its log; a router calls its child
`loading` meanwhile. SIGTERM ends it at once. What has arrived stays beside the file as `….downloadInProgress` and is
continued by the next start, with nothing that keeps two processes from writing it at the same time.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from reconciler.apply.context import Context
from reconciler.domain.change import Change
from reconciler.domain.event import Stage
from reconciler.llama.death import Cause, CauseKind
from reconciler.spec.record import Applied
from reconciler.spec.sources import downloads_of

STEP = 16 * 1024
"""Bytes: a log grows by less before a server listens."""

TELL_EVERY = 0.5


class Download:
    """
    What one process has received.

    Args:
        port: where the server will listen.
    """

    def __init__(self, ctx: Context, change: Change, port: int | None) -> None:
        self._ctx, self._change, self._port = ctx, change, port
        self._began = ctx.world.clock.monotonic()
        self._received, self._told = 0, self._began - TELL_EVERY

    def moved(self, pid: int) -> bool:
        """Whether it has more than at the last call; people hear of it twice a second."""
        written, now = self._ctx.world.processes.written_bytes(pid) or 0, self._ctx.world.clock.monotonic()
        if written < self._received + STEP:
            return False
        self._received = written
        if now >= self._told + TELL_EVERY:
            self._told = now
            self._ctx.tell(
                self._change,
                Stage.DOWNLOADING,
                received=written,
                elapsed=now - self._began,
                pid=pid,
                port=self._port,
            )
        return True


def download_of(ctx: Context, change: Change, applied: Applied, port: int | None) -> Download | None:
    """The download that may come before a model is loaded; nothing for one that is a file."""
    return Download(ctx, change, port) if downloads_of(applied.document) else None


def cause_text(cause: Cause, applied: Applied) -> str:
    """Why it ended, in one line. llama-server (b10434) may end before its last words are in the log."""
    downloads = downloads_of(applied.document) if cause.kind is CauseKind.EXITED else ()
    perhaps = f"; it had {' and '.join(downloads)} to download" if downloads else ""
    return f"{cause.kind.value}: {cause.message}{perhaps}"


@asynccontextmanager
async def alone(ctx: Context, applied: Applied) -> AsyncIterator[None]:
    """Lets one process at a time download the same."""
    async with AsyncExitStack() as held:
        # In one order, so that nobody waits for a second one that holds the first.
        for source in sorted(downloads_of(applied.document)):
            await held.enter_async_context(ctx.sources[source])
        yield
