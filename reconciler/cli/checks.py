"""What a run needs, one check each: how it is, and how to mend it."""

import os
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from reconciler.cli.planning import recorded
from reconciler.cli.request import Common
from reconciler.cli.wiring import find_build
from reconciler.config.load import LoadedFleet
from reconciler.domain.frozen import frozen
from reconciler.domain.observation import HostFacts
from reconciler.errors import ReconcilerError
from reconciler.render.values import counted, size
from reconciler.runtime import pidfd
from reconciler.runtime.binary import Build
from reconciler.runtime.host import LinuxHostInfo
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.store.sqlite_build import SQLITE_VERSION, mode_for

LITTLE_DISK = 1 << 30
"""Bytes of free disk below which logs and backups may fail soon."""


class Verdict(StrEnum):
    """How a check ended; only `fail` stops a run."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@frozen
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    found: str
    fix: str = ""


@frozen
class Subject:
    """What is examined; a fleet is not needed to examine a machine."""

    common: Common
    directory: Path
    fleet: LoadedFleet | None


def checks(subject: Subject) -> Iterator[Check]:
    """All of them, those first that others stand on."""
    yield _system()
    yield from _kernel()
    yield from _llama_server(subject)
    facts = LinuxHostInfo().facts(subject.directory)
    yield _gpus(facts)
    yield _disk(facts)
    yield _sqlite(subject.directory)
    yield _guarded("store", "move it away, or name another with `--store DIR`", lambda: _store(subject.directory))
    if subject.fleet is not None:
        yield _ports(subject.fleet, _ours(subject.directory))


def _system() -> Check:
    good = sys.platform == "linux"
    fix = "" if good else "only what looks at files alone works here, such as validate, fmt and plan --offline"
    return Check(name="system", verdict=Verdict.OK if good else Verdict.FAIL, found=sys.platform, fix=fix)


def _kernel() -> Iterator[Check]:
    release = os.uname().release
    descriptor = pidfd.open_pidfd(os.getpid())
    if descriptor is None:
        yield Check(
            name="pidfd", verdict=Verdict.FAIL, found=f"kernel {release} has none", fix="use Linux 5.3 or later"
        )
        return
    inode = pidfd.inode(descriptor)
    os.close(descriptor)
    yield Check(name="pidfd", verdict=Verdict.OK, found=f"kernel {release}")
    if inode is None:
        found, fix = "a reused pid is told by its start time alone", "Linux 6.9 or later tells it for certain"
        yield Check(name="pidfs", verdict=Verdict.WARN, found=found, fix=fix)
    else:
        yield Check(name="pidfs", verdict=Verdict.OK, found="processes have an identity for the life of the kernel")


def _llama_server(subject: Subject) -> Iterator[Check]:
    setting = subject.fleet.spec.llama_server if subject.fleet else None
    try:
        build: Build = find_build(subject.common, setting, None)
    except ReconcilerError as error:
        yield Check(name="llama-server", verdict=Verdict.FAIL, found=error.summary, fix=error.hint)
        return
    yield Check(name="llama-server", verdict=Verdict.OK, found=f"{build.identity.version}, {build.identity.path}")
    flags = counted(len(build.catalogue.entries), "flag")
    yield Check(name="catalogue", verdict=Verdict.OK, found=flags)


def _gpus(facts: HostFacts) -> Check:
    if facts.gpus:
        found = ", ".join(
            f"{gpu.name} ({size(gpu.memory_free)} of {size(gpu.memory_total)} free)" for gpu in facts.gpus
        )
        return Check(name="gpu", verdict=Verdict.OK, found=found)
    fix = "install the driver of the GPU, if there is one; models run on the CPU without"
    return Check(name="gpu", verdict=Verdict.WARN, found=facts.gpu_problem or "none seen by NVML", fix=fix)


def _disk(facts: HostFacts) -> Check:
    if facts.disk_free is None:
        return Check(name="disk", verdict=Verdict.WARN, found="unknown", fix="look at `df`")
    enough = facts.disk_free >= LITTLE_DISK
    verdict, fix = (Verdict.OK, "") if enough else (Verdict.WARN, "make room: logs and backups need it")
    return Check(name="disk", verdict=verdict, found=f"{size(facts.disk_free)} free", fix=fix)


def _sqlite(directory: Path) -> Check:
    return Check(name="sqlite", verdict=Verdict.OK, found=f"{SQLITE_VERSION}, journal {mode_for(directory)}")


def _store(directory: Path) -> Check:
    record = recorded(directory)
    found = f"{directory}: generation {record.generation}, {counted(len(record.resources), 'resource')}"
    if not directory.exists():
        found = f"{directory}: not there yet, the first apply makes it"
    there = next(one for one in (directory, *directory.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        fault = "not writable" if there.is_dir() else "no directory"
        fix = "mend the path or its owner, or name another with `--store`"
        return Check(name="store", verdict=Verdict.FAIL, found=f"{there}: {fault}", fix=fix)
    if record.migration_pending:
        return Check(name="store", verdict=Verdict.WARN, found=record.migration_pending, fix="run `reconcile apply`")
    return Check(name="store", verdict=Verdict.OK, found=found)


def _ours(directory: Path) -> frozenset[int]:
    """Pids of the record; none where the store cannot be read, which is a check of its own."""
    try:
        lines = recorded(directory).resources.values()
    except ReconcilerError:
        return frozenset()
    return frozenset(line.instance.identity.pid for line in lines if line.instance)


def _ports(fleet: LoadedFleet, ours: frozenset[int]) -> Check:
    spec = fleet.spec
    wanted = {model.port for model in spec.served_by("dedicated").values() if model.port}
    wanted |= {spec.active_router.port} if spec.active_router else set()
    pool = set(spec.server.pool)
    listeners = LinuxProcessHost().listeners(wanted | pool)
    taken = {port: pid for port, pid in listeners.items() if pid not in ours}
    lost = ", ".join(f"{port} (pid {taken[port] or 'hidden'})" for port in sorted(wanted & set(taken)))
    free = len(pool - set(taken))
    found = f"{free} of {len(pool)} in the pool free or ours" + (f"; taken by others: {lost}" if lost else "")
    fix = ""
    if free < sum(model.port is None for model in spec.served_by("dedicated").values()):
        fix = "widen `server.ports`"
    elif lost:
        fix = "`reconcile plan` says who it is, and whether it can be taken over"
    return Check(name="ports", verdict=Verdict.WARN if fix else Verdict.OK, found=found, fix=fix)


def _guarded(name: str, fix: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except ReconcilerError as error:
        return Check(name=name, verdict=Verdict.FAIL, found=error.summary, fix=error.hint or fix)
