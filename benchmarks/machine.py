"""Where it was measured: numbers without that say nothing."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from reconciler.runtime.binary import find_binary, read_build


def describe() -> str:
    """A list in markdown."""
    facts = {
        "CPU": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "llama-server": read_build(find_binary(setting=None, option=None, environ=os.environ)).identity.version,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "load before the run": f"{os.getloadavg()[0]:.2f}",
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
