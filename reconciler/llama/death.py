"""
Why a llama-server died, read from the last lines of its log and from how it ended.

The log is matched by what b10434 was seen to print (the logs are among the test fixtures) and, for GPUs, by
what the CUDA, HIP and Vulkan back ends of ggml print. A signal from outside needs no such search. An exception that
nobody caught is the last word, and ends by SIGABRT; b10434 has gdb or lldb say where, if there is one.
"""

import re
from enum import StrEnum

from reconciler.domain.frozen import frozen

LAST_LINES = 20
STAMP = re.compile(r"^(?:\[\d+\] )?(?:[\d.]+ (?P<level>[DIWE]) )?")
THROWN = re.compile(r"what\(\): +(.+)")
BACKTRACE = re.compile(
    r"#\d+ |frame #\d+: |0x[0-9a-f]+ in |(warning: )?\d+\t"
    r"|\[(New LWP|Thread debugging|Inferior) |Using host libthread_db "
)
"""How lines of a debugger begin. It complains about sources that it does not find."""

EXTERNAL_SIGNALS = {1: "SIGHUP", 2: "SIGINT", 9: "SIGKILL", 15: "SIGTERM"}
OWN_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV"}
MEANING = {
    4: "; this build uses instructions that this CPU does not have: get one that was built for it",
    9: "; the kernel does that too when memory runs out",
}


class CauseKind(StrEnum):
    """What to look at next."""

    DOWNLOAD_FAILED = "download_failed"
    FLAG_UNKNOWN = "flag_unknown"
    FLAG_VALUE = "flag_value"
    FILE_MISSING = "file_missing"
    BAD_MAGIC = "bad_magic"
    MODEL_UNUSABLE = "model_unusable"
    PORT_IN_USE = "port_in_use"
    OUT_OF_MEMORY = "out_of_memory"
    GPU_LOST = "gpu_lost"
    KILLED = "killed"
    EXITED = "exited"
    UNKNOWN = "unknown"


@frozen
class Cause:
    """
    The cause of a death.

    Attributes:
        message: the telling line of the log, or how the process ended where no line tells.
        lines: the end of the log as it is, for people; without a debugger's backtrace.
    """

    kind: CauseKind
    message: str
    lines: tuple[str, ...]


EXPLAINED = (
    (
        "HTTPS is not supported",
        "; this build has no TLS: use one that has, or download the file yourself and write `path`",
    ),
    ("status code: -1", "; nobody answered there, or the connection was cut"),
)
"""What some lines leave out."""

TELLING = {
    CauseKind.DOWNLOAD_FAILED: (
        "failed to download model",
        "Docker Model download failed",
        r"GET failed \(",
        "HTTPS is not supported",
        "not found in (?:repository|Hugging Face repo)",
        "no GGUF files found",
        "failed to (?:resolve commit|get files) for",
    ),
    CauseKind.FLAG_UNKNOWN: (
        "invalid argument: -",
        "argument has been removed",
        "option '.*' not recognized",
    ),
    CauseKind.FLAG_VALUE: (
        "error while handling (?:argument|environment variable)",
        "built without SSL support",
    ),
    CauseKind.PORT_IN_USE: ("couldn't bind HTTP server socket", "[Aa]ddress already in use"),
    CauseKind.OUT_OF_MEMORY: (
        "out of memory",
        "bad_alloc",
        "cudaMalloc failed",
        "ErrorOutOf(?:Device|Host)Memory",
        "[Cc]annot allocate memory",
        "insufficient memory",
        "(?:failed|unable) to allocate",
    ),
    CauseKind.GPU_LOST: (
        "ErrorDeviceLost",
        "[Dd]evice lost",
        "fallen off the bus",
        "(?:CUDA|ROCm|HIP) error",
        "no CUDA-capable device",
    ),
    CauseKind.FILE_MISSING: ("failed to open GGUF file", "No such file or directory"),
    CauseKind.BAD_MAGIC: ("invalid magic characters", "failed to read magic"),
    CauseKind.MODEL_UNUSABLE: (
        "not within the file bounds",
        "failed to read (?:header|key-value|tensor)",
        "unknown model architecture",
        "GGUF file is version",
        "missing tensor",
        "wrong number of tensors",
        "illegal split file",
        "error loading model",
    ),
}
"""What each cause prints. The first that is found counts: what explains the others stands before them."""

PATTERNS = tuple((kind, re.compile("|".join(words))) for kind, words in TELLING.items())


def cause_of_death(log_tail: str, exit_code: int | None, signal: int | None) -> Cause:
    """
    Say why a process ended.

    `log_tail` is the end of what this process wrote: nothing of an earlier life in the same file. Both
    numbers are None for a process whose parent is somebody else.
    """
    lines = tuple(line for line in log_tail.splitlines() if line.strip() and not BACKTRACE.match(_bare(line)))
    kind, message = _ending(lines, exit_code, signal)
    if signal not in EXTERNAL_SIGNALS and exit_code != 0:
        kind, message = _uncaught(lines) or _telling(lines) or (kind, message)
    return Cause(kind=kind, message=message, lines=lines[-LAST_LINES:])


def _uncaught(lines: tuple[str, ...]) -> tuple[CauseKind, str] | None:
    thrown = next((match[1] for line in lines if (match := THROWN.match(_bare(line)))), None)
    if thrown is None:
        return None
    return _telling((thrown,)) or (CauseKind.KILLED, f"ended by SIGABRT: {thrown}")


def _telling(lines: tuple[str, ...]) -> tuple[CauseKind, str] | None:
    for kind, pattern in PATTERNS:
        for line in lines:
            if pattern.search(line):
                return kind, _bare(line) + next((more for words, more in EXPLAINED if words in line), "")
    return None


def _ending(lines: tuple[str, ...], exit_code: int | None, signal: int | None) -> tuple[CauseKind, str]:
    """What the numbers alone say, with the last error of the log."""
    last = _last_error(lines)
    if signal is not None:
        name = (EXTERNAL_SIGNALS | OWN_SIGNALS).get(signal, f"signal {signal}")
        return CauseKind.KILLED, f"ended by {name}{MEANING.get(signal, '')}"
    if exit_code is not None:
        return CauseKind.EXITED, f"exited with code {exit_code}" + (f": {last}" if exit_code and last else "")
    return CauseKind.UNKNOWN, last or "it ended and left no word"


def _last_error(lines: tuple[str, ...]) -> str:
    errors = [line for line in lines if (match := STAMP.match(line)) and match["level"] == "E"]
    return _bare((errors or [*lines] or [""])[-1])


def _bare(line: str) -> str:
    """A line of the log without the router's prefix, the time and the level."""
    return STAMP.sub("", line).strip()
