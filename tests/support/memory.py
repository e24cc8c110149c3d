"""
How much memory something takes at most, whatever the tests before it in the same process have taken.

The peak that getrusage(2) tells is that of a whole life, and a child begins with that of its parent.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

# A small process between us and what is measured.
_MEASURED = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
"""


def measured(command: Sequence[str | Path], peak: Path) -> tuple[str, ...]:
    """The command, in a form that writes its peak in bytes to a file when it has ended."""
    return (sys.executable, "-I", "-S", "-c", _MEASURED, str(peak), *map(str, command))


def forget_peak() -> int:
    """Lets the peak of this process begin anew; returns the bytes that it holds now. See proc_pid_clear_refs(5)."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The most bytes that this process has held since then."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{os.getpid()}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024
