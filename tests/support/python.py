"""Python in a process of its own, for tests that kill it or take its disk away."""

import os
import subprocess
import sys


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs code with this project importable; returns when it ended, however it did."""
    # What is killed at any point leaves half of what measures it, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
