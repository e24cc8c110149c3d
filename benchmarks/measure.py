"""Running a command to its end, with what it cost."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one whole process: wall clock in seconds, and the largest resident set in bytes."""

    seconds: float
    peak_bytes: int
    output: str


Measured = Callable[[], Cost]


def cost(words: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, given: str = "") -> Cost:
    """
    Runs a command that is expected to succeed; `given` is its standard input.

    Raises:
        RuntimeError: with its output, when it fails.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as stdin:
        stdin.write(given.encode())
        stdin.seek(0)
        began = time.perf_counter()
        process = subprocess.Popen(words, env=environment, stdin=stdin, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode:
        message = f"{' '.join(map(str, words))} ended with {process.returncode}:\n{text}"
        raise RuntimeError(message)
    return Cost(seconds=seconds, peak_bytes=usage.ru_maxrss * 1024, output=text)


def seconds_in_turn(repetitions: int, *measured: Measured) -> tuple[tuple[float, ...], ...]:
    """The seconds of each, taken in turn so that a busy moment of the machine hits all of them."""
    for one in measured:
        one()  # What a first run alone pays (compiled modules, pages of files) is not the question.
    rounds = [[one().seconds for one in measured] for _ in range(repetitions)]
    return tuple(zip(*rounds, strict=True))
