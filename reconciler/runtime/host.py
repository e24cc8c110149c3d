"""Capacity of this machine, behind the port `HostInfo`."""

import os
from pathlib import Path

from reconciler.domain.observation import HostFacts
from reconciler.runtime.gpus import gpus

_MEMINFO = Path("/proc/meminfo")


class LinuxHostInfo:
    """Reads what the kernel and the GPU driver say; what they do not say is unknown."""

    def facts(self, directory: Path) -> HostFacts:
        """Memory, GPUs, and free disk where `directory` is, or will be: it may not exist yet."""
        memory = _memory()
        found, problem = gpus()
        return HostFacts(
            memory_total=memory.get("MemTotal"),
            memory_available=memory.get("MemAvailable"),
            disk_free=_disk_free(directory),
            gpus=found,
            gpu_problem=problem,
        )


def _memory() -> dict[str, int]:
    """Bytes by name; the kernel writes kB and means KiB (proc(5))."""
    lines = (line.split() for line in _MEMINFO.read_text(encoding="ascii").splitlines())
    return {fields[0].rstrip(":"): int(fields[1]) * 1024 for fields in lines}


def _disk_free(directory: Path) -> int | None:
    for place in (directory, *directory.absolute().parents):
        if place.exists():
            found = os.statvfs(place)
            return found.f_bavail * found.f_frsize
    return None
