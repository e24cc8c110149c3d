"""What the tables and columns of measurements mean."""

from collections.abc import Mapping

_BESIDE = "In `metrics.db` beside the store, which may be deleted. "

TABLES: Mapping[str, str] = {
    "metrics_history": f"{_BESIDE}The machine, one row a moment; NULL is what could not be measured.",
    "metrics_gpus": f"{_BESIDE}A GPU at one of these moments.",
    "metrics_models": f"{_BESIDE}A model at one of these moments.",
}

_MEMORY = {"memory_used_bytes": "Bytes in use.", "memory_total_bytes": "Bytes there are."}
_SAMPLE = {"sample": "The moment.", "node": "The machine; `local`."}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "metrics_history": {
        "id": "Its number.",
        "at": "When.",
        "cpu_percent": "CPU in use.",
        "load": "Load average of one minute.",
        "memory_percent": "Memory in use.",
        **_MEMORY,
        "swap_percent": "Swap in use.",
        "disk_percent": "Disk in use.",
        "disk_used_bytes": "Bytes in use.",
        "disk_total_bytes": "Bytes there are.",
        "received_bytes": "Since the machine started, without the loopback.",
        "sent_bytes": "The same.",
        "active_models": "Models that were loaded.",
        "uptime_seconds": "Of whoever measured.",
        "requests_per_minute": "To all models.",
        "imported": "1 was taken over from another program, and is kept however old it is.",
        "node": _SAMPLE["node"],
    },
    "metrics_gpus": {
        **_SAMPLE,
        "gpu": "UUID where the driver gives one, else its index.",
        "utilization_percent": "Time in which it worked.",
        **_MEMORY,
        "temperature_celsius": "Of the chip.",
        "power_watts": "Drawn now.",
        "clock_mhz": "Of the cores.",
        "throttle": "Why the clock is held down; empty when it is not.",
    },
    "metrics_models": {
        **_SAMPLE,
        "model": "Its name.",
        "state": "As `status` has it.",
        "rss_bytes": "Memory of its process.",
        "gpu_memory_bytes": "Memory of its process on all GPUs.",
        "requests_total": "Since its process started.",
        "requests_running": "Being answered.",
        "requests_queued": "Waiting.",
        "prompt_tokens_total": "Read since its process started.",
        "generated_tokens_total": "Written since its process started.",
        "tokens_per_second": "Being written.",
        "kv_used_ratio": "Share of the KV cache in use, 0 to 1.",
    },
}
