"""The processes of this Linux machine, behind the port `ProcessHost`."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.domain.identity import Marks, ProcessIdentity
from reconciler.domain.observation import ObservedProcess
from reconciler.runtime import listening, pidfd, procfs
from reconciler.runtime.children import Children
from reconciler.runtime.ports import Command, Exit, Scan


class LinuxProcessHandle:
    """A process held by its pidfd; see the port `ProcessHandle`."""

    def __init__(self, identity: ProcessIdentity, descriptor: int, children: Children) -> None:
        self.identity = identity
        self._pidfd = descriptor
        self._children = children

    def signal(self, number: int) -> bool:
        """Sends a signal through the pidfd; `False` when the process is gone."""
        return pidfd.send(self._pidfd, number)

    def alive(self) -> bool:
        """Whether it has not ended; a zombie has."""
        return not pidfd.ended(self._pidfd)

    async def wait(self, seconds: float) -> Exit | None:
        """Waits for the end at most so long; `None` when it still lives."""
        try:
            async with asyncio.timeout(seconds):
                await pidfd.until_ended(self._pidfd)
        except TimeoutError:
            if self.alive():
                return None
        child = self._children.exit(self.identity.pid, self.identity.start_ticks)
        return child or await pidfd.exit_of_stranger(self._pidfd)

    def variable(self, name: str) -> str | None:
        """A variable that it was started with; see the port."""
        try:
            environ = procfs.environment(self.identity.pid) or b""
        except PermissionError:
            return None
        # Read by its number: of this process only if it is still alive afterwards.
        return procfs.variable(environ, name) if self.alive() else None

    def close(self) -> None:
        """Lets the pidfd go; closing twice is harmless."""
        descriptor, self._pidfd = self._pidfd, -1
        if descriptor >= 0:
            os.close(descriptor)


class LinuxProcessHost:
    """Starts, finds and opens processes; all that it knows is read from `/proc`."""

    def __init__(self) -> None:
        self._children = Children()
        self._seen: tuple[int, ...] = ()

    def boot_id(self) -> str:
        """What identities of this boot carry."""
        return procfs.boot_id()

    def spawn(self, command: Command) -> LinuxProcessHandle:
        """Starts a process in its own session that survives us; the handle also tells how it ended."""
        pid = self._children.start(command)
        descriptor = pidfd.open_pidfd(pid)
        identity = _identify(pid, descriptor) if descriptor is not None else None
        if descriptor is None or identity is None:
            message = f"child {pid} was reaped by somebody else"
            raise AssertionError(message)
        return LinuxProcessHandle(identity, descriptor, self._children)

    def inspect(self, pid: int) -> ObservedProcess | None:
        """One process of any user; `None` when there is none or it is a zombie."""
        descriptor = pidfd.open_pidfd(pid)
        if descriptor is None:
            return None
        try:
            seen = _look(pid, descriptor)
            # Alive after the look: so all that was read by its number is of this process.
            return None if pidfd.ended(descriptor) else seen
        finally:
            os.close(descriptor)

    def written_bytes(self, pid: int) -> int | None:
        """What a process has written since it began, to files and elsewhere; `None` when it is gone or hidden."""
        return procfs.written_bytes(pid)

    def scan(self, *, marked_only: bool = True) -> Scan:
        """All processes of this user with our marks; all of this user's when not `marked_only`."""
        self._children.reap()
        found: list[ObservedProcess] = []
        problems: list[str] = []
        for pid in filter(procfs.is_own, procfs.pids()):
            try:
                environ = procfs.environment(pid)
            except PermissionError:
                if not procfs.outranks_us(pid):
                    problems.append(f"the environment of process {pid} cannot be read")
                continue
            wanted = environ is not None and (procfs.may_be_ours(environ) or not marked_only)
            if wanted and (process := self.inspect(pid)) is not None and process.argv:
                found.append(process)
        self._seen = tuple(process.identity.pid for process in found)
        return Scan(processes=tuple(found), complete=not problems, problems=tuple(problems))

    def open(
        self, process: ProcessIdentity, *, marks: Marks | None, argv: Sequence[str] | None = None
    ) -> LinuxProcessHandle | None:
        """Opens a pidfd and then checks that it is the process that is meant; a doubt is somebody else's."""
        descriptor = pidfd.open_pidfd(process.pid) if process.boot_id == self.boot_id() else None
        if descriptor is None:
            return None
        seen = _look(process.pid, descriptor)
        if seen is not None and _is_meant(seen, process, marks, argv) and not pidfd.ended(descriptor):
            return LinuxProcessHandle(seen.identity, descriptor, self._children)
        os.close(descriptor)
        return None

    def listeners(self, ports: Iterable[int] | None = None) -> Mapping[int, int | None]:
        """TCP ports that somebody listens on, of any address; only `ports` when given."""
        # Those that the last scan found are looked at first: they hold most of the ports in question.
        return listening.listeners(ports, likely=self._seen)


def _identify(pid: int, descriptor: int) -> ProcessIdentity | None:
    stat = procfs.stat(pid)
    return _identity(pid, descriptor, stat) if stat else None


def _identity(pid: int, descriptor: int, stat: procfs.Stat) -> ProcessIdentity:
    return ProcessIdentity(
        boot_id=procfs.boot_id(),
        pid=pid,
        pidfd_inode=pidfd.inode(descriptor),
        start_ticks=stat.start_ticks,
        exe_inode=procfs.executable_inode(pid),
    )


def _look(pid: int, descriptor: int) -> ObservedProcess | None:
    stat = procfs.stat(pid)
    if stat is None or stat.dead:
        return None
    marks, lock = _ownership(pid)
    executable, deleted = procfs.executable(pid)
    return ObservedProcess(
        identity=_identity(pid, descriptor, stat),
        parent_pid=stat.parent_pid,
        argv=procfs.argv(pid),
        executable=executable,
        directory=procfs.directory(pid),
        exe_deleted=deleted,
        marks=marks,
        started_at=stat.started_at,
        memory_bytes=procfs.memory_bytes(pid),
        lock_path=lock,
    )


def _ownership(pid: int) -> tuple[Marks | None, str | None]:
    """Marks and slot lock; nothing for a process of another user or one whose environment is hidden."""
    if not procfs.is_own(pid):
        return None, None
    try:
        environ = procfs.environment(pid) or b""
        lock = procfs.slot_lock(pid) if procfs.may_be_ours(environ) else None
    except PermissionError:
        return None, None
    return procfs.marks(environ), lock


def _is_meant(seen: ObservedProcess, meant: ProcessIdentity, marks: Marks | None, argv: Sequence[str] | None) -> bool:
    if not procfs.is_own(meant.pid):
        return False
    if marks is not None:
        # A wrapper that ends in exec becomes another program and keeps its environment.
        return seen.marks == marks and seen.identity.matches(replace(meant, exe_inode=None))
    return argv is not None and seen.argv == tuple(argv) and seen.identity.matches(meant)
