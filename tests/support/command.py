"""The real command in a process of its own, without a terminal."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: str
    err: str


def reconcile(*args: str, cwd: Path | None = None, **environment: str) -> Ended:
    """Runs `reconcile`, with nothing of the caller's environment but what it takes to start."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *args],
        cwd=cwd,
        env=kept | {"XDG_STATE_HOME": "/dev/null/unused"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)
