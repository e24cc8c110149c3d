"""Python in a process of its own, for tests that kill it or take its disk away."""

import os
import subprocess
import sys


def run_python(code: str, *arguments: object, seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """Runs code with this project importable; returns when it ended, however it did."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=environment(),
    )


def environment() -> dict[str, str]:
    """Of a Python that can import this project."""
    # What is killed at any point leaves half of what measures it, too.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
