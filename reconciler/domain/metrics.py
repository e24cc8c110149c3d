"""
What was measured at one moment: the host, its GPUs and the models.

A value that could not be measured is `None`, never 0. Shares are percent, sizes bytes, times seconds since the epoch.
"""

from reconciler.domain.frozen import frozen


@frozen
class HostSample:
    """
    One look at the machine.

    Attributes:
        load: the load average of one minute, proc_loadavg(5).
        received_bytes: since the machine started, over all interfaces but the loopback; as is `sent_bytes`.
        active_models: how many models were loaded.
        uptime_seconds: of whoever measured.
        imported: taken over from another program's database; such rows are not removed when they are old.
    """

    at: float
    cpu_percent: float | None = None
    load: float | None = None
    memory_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    swap_percent: float | None = None
    disk_percent: float | None = None
    disk_used_bytes: int | None = None
    disk_total_bytes: int | None = None
    received_bytes: int | None = None
    sent_bytes: int | None = None
    active_models: int | None = None
    uptime_seconds: float | None = None
    requests_per_minute: float | None = None
    imported: bool = False


@frozen
class GpuSample:
    """
    One look at a GPU.

    Attributes:
        gpu: its UUID where the driver gives one, else its index.
        throttle: why its clock is held down, in the driver's words; empty when it is not.
    """

    gpu: str
    utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None
    clock_mhz: float | None = None
    throttle: str | None = None


@frozen
class ModelSample:
    """
    One look at a model.

    Attributes:
        model: its name.
        state: as `domain.status.State` has it.
        requests_total: since its process started, as are the tokens.
        kv_used_ratio: share of the KV cache in use, 0 to 1.
    """

    model: str
    state: str
    rss_bytes: int | None = None
    gpu_memory_bytes: int | None = None
    requests_total: int | None = None
    requests_running: int | None = None
    requests_queued: int | None = None
    prompt_tokens_total: int | None = None
    generated_tokens_total: int | None = None
    tokens_per_second: float | None = None
    kv_used_ratio: float | None = None


@frozen
class Sample:
    """All of one moment, written in one transaction."""

    host: HostSample
    gpus: tuple[GpuSample, ...] = ()
    models: tuple[ModelSample, ...] = ()
