"""The real command, without a terminal."""

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

from reconciler.cli.main import main


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


def in_process(*args: str, **environment: str) -> Ended:
    """The same command without a process of its own, for many calls that differ in their data alone."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept | {"XDG_STATE_HOME": "/dev/null/unused"} | environment)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(list(args))
    finally:
        os.environ.clear()
        os.environ.update(before)
    said = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, BytesIO)
        said.append(stream.buffer.getvalue().decode())
    return Ended(code=code, out=said[0], err=said[1])
