"""A file that is migrated and restored by programs that are killed; a program of its own, since it forks."""

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.legacy.in_place import content_of
from reconciler.legacy.migrate import migrate
from reconciler.legacy.rollback import roll_back
from reconciler.legacy.source import open_source

NOW = 1770000000.0


def main(template: Path, directory: Path, times: int, seed: int) -> None:
    """Prints how often the old and how often the new state was found after a kill; fails on anything else."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    path, found = directory / "killed.db", {"old": 0, "new": 0}
    original = _laid_out(template, path)
    before = content_of(path, patience=1)
    started = time.monotonic()
    migrate(path, now=NOW)
    middle = time.monotonic()
    after = content_of(path, patience=1)
    roll_back(path)
    spans = (middle - started, time.monotonic() - middle)
    for turn in range(times):
        acts: tuple[Callable[[], object], ...] = (lambda: migrate(path, now=NOW), lambda: roll_back(path))
        act = acts[turn % 2]
        _killed(act, chance.uniform(0, 1.3 * spans[turn % 2]))
        state = content_of(path, patience=1)
        assert state in (before, after), f"turn {turn}: neither the old nor the new state"
        found["old" if state == before else "new"] += 1
        with open_source(path) as source:
            assert source.count("models")
        if turn % 2:
            _finish_rollback(path)
            assert _bytes(path) == original, f"turn {turn}: not the same bytes"
        else:
            migrate(path, now=NOW)
            assert content_of(path, patience=1) == after
    print(found)  # noqa: T201 - the answer


def _laid_out(template: Path, path: Path) -> dict[str, bytes]:
    for side in ("", "-wal", "-journal"):
        if (source := template.with_name(template.name + side)).exists():
            shutil.copyfile(source, path.with_name(path.name + side))
    return _bytes(path)


def _bytes(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(path.parent.iterdir()) if not one.name.endswith("-shm")}


def _finish_rollback(path: Path) -> None:
    """A kill that came too late left nothing to finish."""
    if path.with_name(f"{path.name}.before-004.json").exists():
        roll_back(path)


def _killed(act: Callable[[], object], after: float) -> None:
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
