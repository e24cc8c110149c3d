"""
An independent witness of the real tests: what it sees in `/proc` and in the journals, it judges by itself.

A program of its own (`python -m tests.support.auditor DIRECTORY`) that uses nothing of this project. It looks every
20 ms at what is new, and answers each line on its stdin with a JSON list of the violations since the last one:

- two processes for one slot;
- a signal to one of the strangers that it has put around, or to what they stand for;
- a process that no step of the journal announced, or one of a resource that its plan keeps;
- a word that begins with `canary-` in a command line of the program or of what it has started.
"""

import json
import os
import select
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

PERIOD = 0.02
YOUNG = 15
"""Looks for which a process is read again: it may not have come to its `exec` yet."""

CANARY = b"canary-"
PROGRAM = b"\0reconciler\0"
LOCKS = "/run/slots/"


class Auditor:
    """The witness as a test sees it."""

    def __init__(self, directory: Path) -> None:
        self._program = subprocess.Popen(
            [sys.executable, __file__, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.strangers: list[int] = json.loads(self._line())

    def violations(self) -> list[str]:
        """What it has seen since it was last asked; it looks once more before it answers."""
        assert self._program.stdin
        print(file=self._program.stdin, flush=True)
        found: list[str] = json.loads(self._line())
        return found

    def cpu_seconds(self) -> float:
        """What it has cost so far."""
        fields = Path(f"/proc/{self._program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends it and its strangers."""
        self._program.communicate(timeout=10)

    def _line(self) -> str:
        assert self._program.stdout
        return self._program.stdout.readline()


@contextmanager
def auditing(directory: Path) -> Iterator[Auditor]:
    """A witness of everything below a directory."""
    auditor = Auditor(directory)
    try:
        yield auditor
    finally:
        auditor.close()


@dataclass(frozen=True)
class Carrier:
    """A process with marks that holds a lock below the directory."""

    pid: int
    parent: int
    ticks: int
    argv: tuple[bytes, ...]
    instance: str
    slot: str
    lock: str


class Watch:
    """What was seen so far."""

    def __init__(self, directory: str) -> None:
        self._directory = f"{directory}/"
        self._age: dict[int, int] = {}
        self._carriers: dict[int, Carrier] = {}
        self._told: set[str] = set()
        self._new: list[str] = []
        self._strangers = [_stranger(marked=False), _stranger(marked=True)]

    @property
    def strangers(self) -> list[int]:
        return [one.pid for one in self._strangers]

    def look(self) -> None:
        """One look: what is gone, what is new, and what follows."""
        pids = {int(name) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208 - fifty times a second
        for pid in self._age.keys() - pids:
            del self._age[pid]
            self._carriers.pop(pid, None)
        for pid in [pid for pid in pids if self._age.get(pid, 0) < YOUNG]:
            self._age[pid] = self._age.get(pid, 0) + 1
            self._read(pid)
        for pid in [pid for pid, one in self._carriers.items() if _life(pid)[1:] != (one.parent, one.ticks)]:
            self._lost(pid)
        self._judge_slots()
        for stranger in self._strangers:
            if stranger.poll() is not None or _life(stranger.pid)[0] == "T":
                self._tell(f"a stranger got a signal: {stranger.pid}, {stranger.returncode}")

    def answer(self) -> list[str]:
        """Violations that were not told yet."""
        new, self._new = self._new, []
        return new

    def close(self) -> None:
        for stranger in self._strangers:
            stranger.kill()
            stranger.wait()

    def _read(self, pid: int) -> None:
        argv, marks = _file(pid, "cmdline"), _marks(pid)
        program = PROGRAM in argv and self._directory.encode() in argv
        if CANARY in argv and (program or (marks and _lock(pid).startswith(self._directory))):
            self._tell(f"a secret in the command line of process {pid}")
        if not marks or pid in self._carriers:
            return
        state, parent, ticks = _life(pid)
        lock = _lock(pid)
        if state in "ZX" or not lock.startswith(self._directory):
            return
        one = Carrier(pid, parent, ticks, tuple(argv.split(b"\0")), marks[0], marks[1], lock)
        if all(one.instance != other.instance for other in self._carriers.values()):
            self._judge_journal(one)
        self._carriers[pid] = one

    def _lost(self, pid: int) -> None:
        """A process that is dead, or whose parent died: the latter is still the same."""
        state, parent, ticks = _life(pid)
        one = self._carriers.pop(pid)
        if state not in "ZX" and ticks == one.ticks:
            self._carriers[pid] = Carrier(pid, parent, ticks, one.argv, one.instance, one.slot, one.lock)

    def _judge_slots(self) -> None:
        groups: dict[str, list[Carrier]] = defaultdict(list)
        for one in self._carriers.values():
            groups[one.lock].append(one)
        for lock, group in groups.items():
            instances = {one.instance for one in group}
            pids = {one.pid for one in group}
            roots = [one.argv for one in group if one.parent not in pids]
            # Children of a router that died are side by side, but each serves another model.
            if len(instances) > 1 or len(roots) != len(set(roots)):
                # Read again: a look takes a moment, in which one may end and the next begin.
                alive = [one for one in group if _life(one.pid)[0] not in "ZX" and _life(one.pid)[2] == one.ticks]
                if len(alive) == len(group):
                    self._tell(f"two processes for the slot {lock}: {sorted(pids)}")

    def _judge_journal(self, one: Carrier) -> None:
        store = Path(one.lock.split(LOCKS)[0]) / "store.db"
        try:
            with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=1)) as database:
                rows = database.execute(
                    "SELECT resource, plan FROM steps JOIN runs ON runs.id = steps.run WHERE instance = ?",
                    (one.instance,),
                ).fetchall()
        except sqlite3.Error:
            # A test took it away: then there is no journal.
            return
        if not rows:
            self._tell(f"no step announced process {one.pid}, {one.argv[:1]}, instance {one.instance}")
        for resource, plan in rows:
            changes = json.loads(plan or "{}").get("changes", [])
            kept = {change["resource"] for change in changes if change["action"] == "keep"}
            if resource in kept:
                self._tell(f"{resource} was started, and its plan keeps it")

    def _tell(self, violation: str) -> None:
        if violation not in self._told:
            self._told.add(violation)
            self._new.append(violation)


def _stranger(*, marked: bool) -> "subprocess.Popen[bytes]":
    """A process that looks like a server of ours and is none; one has marks, of a fleet of somebody else."""
    marks = {"RECONCILE_INSTANCE": "stranger", "RECONCILE_FLEET": "stranger", "RECONCILE_SLOT": "stranger"}
    return subprocess.Popen(
        ["llama-server", "100000"],
        executable="/bin/sleep",
        env=marks if marked else {},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _file(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _life(pid: int) -> tuple[str, int, int]:
    """State, parent and start; `X` for what is gone."""
    fields = _file(pid, "stat").rpartition(b")")[2].split()
    return (fields[0].decode(), int(fields[1]), int(fields[19])) if fields else ("X", 0, 0)


def _marks(pid: int) -> tuple[str, str] | None:
    """Instance and slot."""
    entries = dict(one.partition(b"=")[::2] for one in _file(pid, "environ").split(b"\0"))
    instance, slot = entries.get(b"RECONCILE_INSTANCE"), entries.get(b"RECONCILE_SLOT")
    return (instance.decode(), slot.decode()) if instance and slot else None


def _lock(pid: int) -> str:
    """The slot lock that it holds open."""
    try:
        links = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH115, PTH208 - as above
    except OSError:
        return ""
    return next((link.removesuffix(" (deleted)") for link in links if LOCKS in link and ".lock" in link), "")


def _main(directory: str) -> None:
    watch = Watch(directory)
    print(json.dumps(watch.strangers), flush=True)  # noqa: T201 - the answer
    try:
        while True:
            asked = select.select([sys.stdin], [], [], PERIOD)[0]
            if asked and not sys.stdin.readline():
                return
            watch.look()
            if asked:
                print(json.dumps(watch.answer()), flush=True)  # noqa: T201 - the answer
    finally:
        watch.close()


if __name__ == "__main__":
    _main(sys.argv[1])
