"""A `plan` that finds nothing to do, against `supervisorctl update` that finds nothing to do."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleet import PYTHON, fleet
from benchmarks.measure import cost, seconds_in_turn
from benchmarks.table import Row

RATIO = 2.5
PROGRAMS = 20
PATIENCE = 10.0
SERVER = """\
[unix_http_server]
file={directory}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={directory}/supervisord.log
pidfile={directory}/supervisord.pid
childlogdir={directory}
[supervisorctl]
serverurl=unix://{directory}/supervisor.sock
"""
PROGRAM = """\
[program:p{number}]
command={sleep} 100000
startsecs=0
"""


def measure(repetitions: int) -> list[Row]:
    """One row."""
    with fleet() as made, supervisor(made.directory) as update:
        del made.document["router"]
        made.declare(PROGRAMS, serve="dedicated")
        made.cost("apply", "-y")
        ours, other = seconds_in_turn(repetitions, made.command("plan"), lambda: cost(update))
    what = f"plan of {PROGRAMS} running models, nothing to do"
    against = f"supervisorctl update, {PROGRAMS} programs"
    return [Row(what=what, ours=ours, against=against, other=other, ratio=RATIO)]


@contextmanager
def supervisor(directory: Path) -> Iterator[tuple[Path | str, ...]]:
    """A supervisord with its programs running; gives the command that asks it to update."""
    config = directory / "supervisord.conf"
    programs = [PROGRAM.format(number=number, sleep=shutil.which("sleep")) for number in range(PROGRAMS)]
    config.write_text(SERVER.format(directory=directory) + "".join(programs))
    control = (PYTHON.with_name("supervisorctl"), "-c", config)
    daemon = subprocess.Popen(
        (PYTHON.with_name("supervisord"), "-n", "-c", config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_running(control)
        yield (*control, "update")
    finally:
        daemon.terminate()
        daemon.wait(PATIENCE)


def _await_running(control: tuple[Path | str, ...]) -> None:
    deadline = time.monotonic() + PATIENCE
    while _running(control) < PROGRAMS:
        if time.monotonic() > deadline:
            raise TimeoutError("supervisord did not start its programs")
        time.sleep(0.1)


def _running(control: tuple[Path | str, ...]) -> int:
    said = subprocess.run((*control, "status"), stdout=subprocess.PIPE, text=True, check=False).stdout
    return sum(line.split()[1:2] == ["RUNNING"] for line in said.splitlines())
