"""Starting processes, and reaping those of ours that end while we live; the others are left to init."""

import os
import subprocess
import time

from reconciler.errors import RuntimeFailure
from reconciler.runtime import procfs
from reconciler.runtime.pidfd import from_wait_status
from reconciler.runtime.ports import Command, Exit

_LAYOUT_TRIES = 200
_LAYOUT_PAUSE = 0.0005


class Children:
    """
    The processes that we started.

    A pid of a child stays its own until we reap it, so here, and only here, a bare pid is safe. How it ended
    is kept by pid and start ticks, for the pid may be another's by the time that somebody asks.
    """

    def __init__(self) -> None:
        self._running: dict[int, int] = {}
        self._exits: dict[tuple[int, int], Exit] = {}

    def start(self, command: Command) -> int:
        """
        Starts a process in its own session and returns its pid once it runs the new program.

        Raises:
            RuntimeFailure: when the program or its log file cannot be opened.
        """
        log = _open_log(command)
        try:
            process = subprocess.Popen(
                command.argv,
                env=command.environment,
                cwd=command.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(command.lock,),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _not_started(command, error) from error
        finally:
            os.close(log)
        # From here on it is reaped by us; Popen would complain of a child that outlives it.
        process.returncode = 0
        stat = procfs.stat(process.pid)
        self._running[process.pid] = stat.start_ticks if stat else 0
        _await_layout(process.pid)
        return process.pid

    def exit(self, pid: int, start_ticks: int) -> Exit | None:
        """How our child ended; `None` while it runs or when it is not our child."""
        if self._running.get(pid) == start_ticks:
            self._reap(pid)
        return self._exits.get((pid, start_ticks))

    def reap(self) -> None:
        """Takes note of all that have ended, so that no zombie stays."""
        for pid in tuple(self._running):
            self._reap(pid)

    def _reap(self, pid: int) -> None:
        try:
            reaped, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            # Somebody in this process reaped it, or we are a fork of the one that started it.
            del self._running[pid]
            return
        if reaped:
            self._exits[pid, self._running.pop(pid)] = from_wait_status(status)


def _open_log(command: Command) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(command.log, flags, 0o600)
    except OSError as error:
        summary = f"cannot open the log file `{command.log}`: {error.strerror}"
        raise RuntimeFailure(summary) from error


def _not_started(command: Command, error: OSError | ValueError) -> RuntimeFailure:
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    where = f" in `{command.directory}`" if command.directory else ""
    return RuntimeFailure(f"cannot start `{command.argv[0]}`{where}: {why}")


def _await_layout(pid: int) -> None:
    """
    Waits until the new program has its environment, a matter of microseconds.

    exec(2) wakes the parent before it lays out the arguments; a look in between would find no marks.
    """
    for _ in range(_LAYOUT_TRIES):
        seen = procfs.stat(pid)
        if seen is None or seen.dead or procfs.environment(pid):
            return
        time.sleep(_LAYOUT_PAUSE)
