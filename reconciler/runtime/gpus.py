"""GPUs by NVML. A machine without a driver is normal, and the library is not even imported there."""

from pathlib import Path
from types import ModuleType

from reconciler.domain.observation import GpuFacts

_DRIVER_SIGNS = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia"), Path("/dev/dxg"))


def gpus() -> tuple[tuple[GpuFacts, ...], str]:
    """All NVIDIA GPUs, or the sentence that says why there are none."""
    if not any(sign.exists() for sign in _DRIVER_SIGNS):
        return (), "no NVIDIA driver is loaded"
    import pynvml  # noqa: PLC0415 - costs 30 ms that only a machine with a GPU should pay

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return (), f"the NVIDIA driver does not answer: {error}"
    try:
        return tuple(_facts(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())), ""
    except pynvml.NVMLError as error:
        return (), f"a GPU does not answer: {error}"
    finally:
        pynvml.nvmlShutdown()


def _facts(nvml: ModuleType, index: int) -> GpuFacts:
    device = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(device)
    return GpuFacts(
        index=index,
        name=nvml.nvmlDeviceGetName(device),
        memory_total=memory.total,
        memory_free=memory.free,
    )
