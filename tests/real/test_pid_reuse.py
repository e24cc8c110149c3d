"""A pid that was given to a stranger, who is the same program with the same command line: the stranger lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pid_reuse import CASES
from tests.support.python import environment

NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may choose the next pid, in a pid namespace of its own")
@pytest.mark.invariant("I2", "I3", "I4")
@pytest.mark.parametrize("case", CASES)
def test_a_stranger_who_got_the_pid_lives(case: str, tmp_path: Path, gguf: Path, llama_server: Path) -> None:
    program = (sys.executable, "-m", "tests.support.pid_reuse", case, tmp_path, gguf, llama_server)
    done = subprocess.run(
        [*NAMESPACE, *map(str, program)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
