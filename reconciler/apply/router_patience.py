"""How long a load in the router is waited for."""

from reconciler.apply.context import Context
from reconciler.apply.downloads import download_of
from reconciler.apply.policies import policy_of
from reconciler.apply.readiness import overdue
from reconciler.apply.router_children import children
from reconciler.domain.change import Change
from reconciler.spec.record import Applied


class Patience:
    """
    What is loaded has `startup_limit`; before that, a download has all the time as long as it moves.

    The router does not tell the one from the other, so that the process of a model that is downloaded is watched.

    Args:
        name: of the model in the router.
        section: what the model is made from.
    """

    def __init__(self, ctx: Context, change: Change, name: str, section: Applied, port: int) -> None:
        self._ctx, self.name, self._policy = ctx, name, policy_of(section)
        self._download = download_of(ctx, change, section, port)
        self._since = self._progressed = ctx.world.clock.monotonic()
        self._pid: int | None = None
        self._weight = 0

    def loads(self) -> None:
        """Whatever was downloaded is there: only `startup_limit` counts from now on."""
        if self._download:
            self._download, self._since = None, self._ctx.world.clock.monotonic()

    def over(self) -> str:
        """Why it is over; empty while it is not."""
        now = self._ctx.world.clock.monotonic()
        if self._download is None:
            return overdue(self._policy, now - self._since, 0.0)
        if self._pid is None:
            self._pid = next((one.identity.pid for one in children(self._ctx, {self.name})), None)
        if self._pid is not None and self._download.moved(self._pid):
            self._since = self._progressed = now
        seen = self._ctx.world.processes.inspect(self._pid) if self._pid is not None else None
        if seen and (seen.memory_bytes or 0) > self._weight:
            self._weight, self._progressed = seen.memory_bytes or 0, now
        return overdue(self._policy, now - self._since, now - self._progressed)
