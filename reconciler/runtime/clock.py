"""Time as the machine tells it."""

import asyncio
import time


class SystemClock:
    """The clock of the host, behind the port `Clock`."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back; they stand still while the machine is suspended."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits in the running event loop."""
        await asyncio.sleep(seconds)
