"""
What a person would write instead of `apply`: start all at once, ask each every 15 ms until it is healthy.

Reads the command lines as JSON from standard input, prints the pids, leaves the processes running.
"""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

PAUSE = 0.015


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def spawn(argv: list[str], log: Path) -> int:
    with log.open("ab") as output:
        started = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    started.returncode = 0  # It outlives this program on purpose.
    return started.pid


commands: list[list[str]] = json.load(sys.stdin)
waiting = {int(argv[argv.index("--port") + 1]) for argv in commands}
pids = [spawn(argv, Path(sys.argv[1]) / f"{number}.log") for number, argv in enumerate(commands)]
while waiting := {port for port in waiting if not healthy(port)}:
    time.sleep(PAUSE)
json.dump(pids, sys.stdout)
