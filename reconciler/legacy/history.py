"""
What the dashboard measured, in units of ours: percent, bytes, seconds.

Its own memory, which the first JavaScript vintages kept in place of the machine's, is none of it.
"""

from collections.abc import Iterator

from reconciler.domain.metrics import GpuSample, HostSample, Sample
from reconciler.legacy.source import Row, Source
from reconciler.legacy.values import Given, moment, number

_MIB = 1024 * 1024
_BYTES_OF_GPU = {"metrics_history": _MIB, "metrics": 1}
"""What one of a table's units of GPU memory is."""

_ALL = 100.0


def samples(source: Source) -> Iterator[Sample]:
    """Every usable row; one without a time is none."""
    for table, unit in _BYTES_OF_GPU.items():
        for row in source.rows(table):
            when = moment(row.get("timestamp"))
            if isinstance(when, Given):
                yield _sample(row, when.value.timestamp(), unit)


def _sample(row: Row, at: float, unit: int) -> Sample:
    active = _amount(row, "active_models")
    host = HostSample(
        at=at,
        cpu_percent=_percent(row, "cpu_usage"),
        memory_percent=_percent(row, "memory_usage"),
        swap_percent=_percent(row, "swap_usage"),
        disk_percent=_percent(row, "disk_usage"),
        active_models=None if active is None else int(active),
        uptime_seconds=_amount(row, "uptime"),
        requests_per_minute=_amount(row, "requests_per_minute"),
        imported=True,
    )
    total = _bytes(row, "gpu_memory_total", unit)
    if not total and not any(_amount(row, one) for one in ("gpu_usage", "gpu_temperature", "gpu_power_usage")):
        # All zero is how the dashboard said that there is no GPU.
        return Sample(host=host)
    gpu = GpuSample(
        gpu="0",
        utilization_percent=_percent(row, "gpu_usage"),
        memory_used_bytes=_bytes(row, "gpu_memory_used", unit),
        memory_total_bytes=total,
        temperature_celsius=_amount(row, "gpu_temperature"),
        power_watts=_amount(row, "gpu_power_usage"),
    )
    return Sample(host=host, gpus=(gpu,))


def _percent(row: Row, column: str) -> float | None:
    found = _amount(row, column)
    return found if found is not None and found <= _ALL else None


def _amount(row: Row, column: str) -> float | None:
    found = number(row.get(column))
    return float(found.value) if isinstance(found, Given) and found.value >= 0 else None


def _bytes(row: Row, column: str, unit: int) -> int | None:
    found = _amount(row, column)
    return None if found is None else int(found * unit)
