"""Capacity of a simulated machine."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.domain.observation import GpuFacts, HostFacts

if TYPE_CHECKING:
    from tests.simulation.host import SimulatedHost
    from tests.simulation.program import Program

GIB = 1 << 30


class Gpu:
    """
    The one GPU; `total` is 0 on a machine without.

    Attributes:
        taken: bytes that somebody outside of llama-server holds.
    """

    def __init__(self, host: "SimulatedHost") -> None:
        self._host = host
        self.total = 0
        self.taken = 0

    @property
    def left(self) -> int:
        """Below zero when more was asked for than there is: somebody will not get it."""
        used = sum(one.gpu_bytes for one in self._host.kernel.processes() if not one.zombie)
        return self.total - self.taken - used

    @property
    def free(self) -> int:
        return max(self.left, 0)

    @free.setter
    def free(self, left: int) -> None:
        """Somebody else takes what is more."""
        self.taken += self.free - left


class SimulatedHostInfo:
    """The port `HostInfo` of one program."""

    def __init__(self, program: "Program") -> None:
        self._program = program

    def facts(self, directory: Path) -> HostFacts:  # noqa: ARG002 - there is one disk
        self._program.alive()
        host = self._program.host
        gpu = host.gpu
        found = GpuFacts(index=0, name="simulated", memory_total=gpu.total, memory_free=gpu.free)
        return HostFacts(
            memory_total=64 * GIB,
            memory_available=host.memory_available,
            disk_free=host.disk.free,
            gpus=(found,) if gpu.total else (),
            gpu_problem="" if gpu.total else "no NVIDIA driver is loaded",
        )
