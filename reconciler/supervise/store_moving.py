"""What a store that is replaced or moved means for the servers that run from it."""

from dataclasses import replace
from pathlib import Path
from shlex import join, quote

from reconciler.domain.actor import Actor
from reconciler.domain.stored import Renamed, Replaced
from reconciler.errors import StoreError, UnsafePlanError
from reconciler.observe.ownership import ours
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.store import Store
from reconciler.store.naming import rename

_SLOTS = "run/slots"


def running(directory: Path, lineage: str) -> tuple[int, ...]:
    """The pids of the living servers of a store."""
    found = ours(LinuxProcessHost().scan().processes, lineage=lineage, slots=directory / _SLOTS)
    return tuple(sorted(one.identity.pid for one in found if not one.zombie))


def with_running(replaced: Replaced) -> Replaced:
    """The same with how many servers run on."""
    return replace(replaced, running=len(running(Path(replaced.directory), replaced.lineage)))


def rename_fleet(directory: Path, fleet: str, target: Path, *, now: float, actor: Actor) -> Renamed:
    """
    Gives the fleet of a store another name, and its directory another place. The caller holds the lock.

    Killed in between it is simply run again: the name comes first, and the directory moves at once or not at all.

    Args:
        target: where the store is from then on; the same directory when it stays.

    Raises:
        UnsafePlanError: servers run from the directory.
        StoreError: the target exists, or the store cannot be written.
    """
    moves = target != directory
    if moves:
        _require_stopped(directory)
        if target.exists():
            raise StoreError(
                f"there is a store of a fleet `{fleet}` already",
                detail=f"`{target}` exists",
                hint="take another name, or move that directory away",
            )
    before = rename(directory, fleet, target, now=now, actor=actor)
    if moves:
        _move(directory, target)
    return Renamed(fleet=fleet, fleet_before=before, directory=str(target), directory_before=str(directory))


def _require_stopped(directory: Path) -> None:
    with Store.open(directory) as store:
        pids = running(directory, store.lineage)
    if pids:
        raise UnsafePlanError(
            f"servers run from `{directory}`",
            detail=f"pids {', '.join(map(str, pids))}; files of that directory stand in their command lines",
            hint="stop them first with `reconcile destroy`; or keep the directory where it is: `reconcile store rename "
            f"NAME --keep-directory`, then `--store {quote(str(directory))}` with every command",
        )


def _move(directory: Path, target: Path) -> None:
    try:
        directory.rename(target)
        # The note of who holds the lock goes by the old path, where the holder will not find it any more.
        (target / "lock.info").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"`{directory}` cannot be moved to `{target}`: {error.strerror}",
            detail="the fleet has its new name already",
            hint=f"move it yourself (`{join(['mv', str(directory), str(target)])}`), or run the command again",
        ) from error
