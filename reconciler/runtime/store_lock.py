"""One writer at a time: the lock beside the store, with a note that says who holds it."""

import json
import os
import pwd
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.domain.frozen import frozen
from reconciler.errors import LockedError
from reconciler.runtime.clock import SystemClock
from reconciler.runtime.files import HostFiles
from reconciler.runtime.locks import lock_file
from reconciler.runtime.ports import Clock

_POLL = 0.05
_PATIENCE = 0.4


@frozen
class Holder:
    """Who holds the lock; `since` in seconds since the epoch."""

    who: str
    pid: int
    host: str
    version: str
    operation: str
    since: float

    def describe(self, now: float) -> str:
        """One line for somebody who waits."""
        seconds = max(0, round(now - self.since))
        return f"`{self.operation}` of {self.who} on {self.host} (pid {self.pid}, for {seconds} s)"


class StoreLock:
    """
    The right to change a fleet, held from `acquire` to `release`; a `with` block releases it.

    Nothing can force it: it ends with its holder, also with one that is killed.
    """

    def __init__(self, path: Path, *, version: str, operation: str, clock: Clock | None = None) -> None:
        self._path = path
        self._note = path.with_name(f"{path.name}.info")
        self._version = version
        self._operation = operation
        self._clock = clock or SystemClock()
        self._descriptor: int | None = None

    async def acquire(self, *, seconds: float = 10.0, on_wait: Callable[[str], None] | None = None) -> Self:
        """
        Waits for the lock; calls `on_wait` once with the holder when that takes longer than 0.4 s.

        Raises:
            LockedError: when another holds it after so many `seconds`.
            RuntimeFailure: when the lock file cannot be made.
        """
        started = self._clock.monotonic()
        while (descriptor := lock_file(self._path)) is None:
            waited = self._clock.monotonic() - started
            if waited >= seconds:
                raise self._locked(seconds)
            if on_wait and waited >= _PATIENCE:
                on_wait(self.holder_text())
                on_wait = None
            await self._clock.sleep(min(_POLL, seconds - waited))
        self._descriptor = descriptor
        HostFiles().write(self._note, json.dumps(asdict(self._holder())) + "\n")
        return self

    def release(self) -> None:
        """Lets the next one in; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            self._note.unlink(missing_ok=True)
            os.close(descriptor)

    def holder_text(self) -> str:
        """Who holds the lock as far as the note says; a holder that has just begun has not written it yet."""
        try:
            return Holder(**json.loads(self._note.read_bytes())).describe(self._clock.now())
        except (OSError, ValueError, TypeError):
            return "another process"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _holder(self) -> Holder:
        return Holder(
            who=user_name(),
            pid=os.getpid(),
            host=os.uname().nodename,
            version=self._version,
            operation=self._operation,
            since=self._clock.now(),
        )

    def _locked(self, seconds: float) -> LockedError:
        return LockedError(
            f"the store is being changed by {self.holder_text()}",
            detail=f"waited {seconds:g} s for `{self._path}`",
            hint="wait for it to end, or wait longer with `--lock-timeout SECONDS`",
        )


def user_name() -> str:
    """Who runs this, by name where there is one."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
