"""
Taking over the database of a dashboard: read it, check what came out with our own reader, put it in place.

Everything is on the disk before anything has its name, and the configuration comes last: whoever is killed on the way
leaves what was there before, or all of what is new.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from reconciler.config.files import RawFile
from reconciler.config.load import LoadedFleet, load_texts
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.domain.frozen import frozen
from reconciler.domain.metrics import Sample
from reconciler.errors import ConfigError, LegacyError, RuntimeFailure
from reconciler.legacy.history import samples
from reconciler.legacy.importing import Imported, imported
from reconciler.legacy.source import open_source
from reconciler.legacy.vault import DIRECTORY
from reconciler.llama.catalogue import Catalogue
from reconciler.observe.recovery import lineage_of
from reconciler.runtime.actor import actor
from reconciler.runtime.files import private_directory
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.runtime.staging import Staged
from reconciler.spec.server import api_keys
from reconciler.store import MetricsWriter, Store, Writer

IGNORED = b"*\n"
"""What git is told of the directory of secrets."""

MOST_KEYS = 65_536
"""Bytes that a file of keys may have."""


@frozen
class Taken:
    """
    What was read, and found right.

    Attributes:
        source: the file of the database.
        history: what the dashboard measured.
    """

    source: Path
    imported: Imported
    loaded: LoadedFleet
    history: tuple[Sample, ...]


def take(
    source: Path, target: Path, *, fleet: str, exists: Callable[[str], bool], catalogue: Callable[[], Catalogue | None]
) -> Taken:
    """
    Reads a database; writes nothing.

    Args:
        target: where the configuration will be, from which its relative paths count.

    Raises:
        LegacyError: it cannot be read, or is no database of the dashboard.
    """
    with open_source(source) as opened:
        found = imported(opened, fleet=fleet, exists=exists, catalogue=catalogue, keys=_keys)
        history = tuple(samples(opened))
    return Taken(source=source, imported=found, loaded=_checked(found, target), history=history)


def put_in_place(taken: Taken, target: Path, *, force: bool, keep: Callable[[], object]) -> tuple[Path, ...]:
    """
    Writes secrets, then the history, then the configuration; returns the files that are other than before.

    Args:
        force: whether other files that are there may be replaced.
        keep: puts what belongs there into the store.

    Raises:
        RuntimeFailure: something else is there, or it cannot be written. Nothing was written then.
    """
    real = target.resolve()
    secrets = real.parent / DIRECTORY
    kept = {secrets / name: value.encode() + b"\n" for name, value in taken.imported.files.items()}
    ignored = {secrets / ".gitignore": IGNORED} if kept and not (secrets / ".gitignore").exists() else {}
    # In the order in which they get their names.
    wanted = {**ignored, **kept}
    wanted[real] = taken.imported.text.encode()
    _refuse_source(taken.source.resolve(), wanted)
    if not real.parent.is_dir():
        raise RuntimeFailure(f"there is no directory `{real.parent}`", hint="make it, or name another file with `-o`")
    changed = {path: content for path, content in wanted.items() if _before(path) != content}
    if not force:
        _refuse_others([path for path in changed if path.exists()])
    made = _directory(secrets) if len(wanted) > 1 else False
    try:
        with ExitStack() as stack:
            files = [
                stack.enter_context(Staged(path, content, private=path != real)) for path, content in changed.items()
            ]
            keep()
            for one in files:
                one.publish()
    except BaseException:
        if made and not any(secrets.iterdir()):
            secrets.rmdir()
        raise
    return tuple(target if path == real else path for path in changed)


def keep_history(directory: Path, taken: Taken, *, now: float) -> int:
    """
    Puts what the dashboard measured and knew into the store, for the holder of its lock. What is there already is not
    doubled. Returns how many measurements are new.

    Raises:
        StoreError: the store cannot be written.
    """
    with Store.open(directory) as store:
        lineage, known = store.lineage, store.metadata()
    if not taken.imported.facts.items() <= known.items():
        # A store that is made anew is that of the servers that may still run.
        found = "" if lineage else lineage_of(LinuxProcessHost().scan().processes, directory / "run" / "slots")
        with Writer.open(
            directory, now=now, fleet=taken.loaded.spec.fleet, lineage=found or None, actor=actor()
        ) as writer:
            writer.note_facts(taken.imported.facts, "import legacy", now)
    with MetricsWriter.open(directory, now=now) as measured:
        new = measured.take_over([one.host for one in taken.history])
        measured.take_over_gpus((one.host.at, gpu) for one in taken.history for gpu in one.gpus)
    return new


def _keys(file: str) -> tuple[str, ...]:
    """The keys in a file that a database names; none where it does not look like one."""
    path = Path(file).expanduser()
    try:
        if not path.is_absolute() or not path.is_file() or path.stat().st_size > MOST_KEYS:
            return ()
        found = api_keys(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return ()
    return found if all(one.isprintable() and " " not in one for one in found) else ()


def _checked(found: Imported, target: Path) -> LoadedFleet:
    """Holds the text against what it is meant to say: a mistake of ours must be an error, never a wrong file."""
    text = Text(str(target), str(target.parent.absolute()), found.text)
    root, problems = parse(text)
    if root is None or problems or root.value != found.tree:
        raise _mistake("it would be read as something else")
    try:
        return load_texts([RawFile(path=target, data=found.text.encode(), identity=(0, 0))])
    except ConfigError as error:
        raise _mistake("\n".join(str(getattr(one, "summary", one)) for one in error.diagnostics[:5])) from error


def _mistake(detail: str) -> LegacyError:
    return LegacyError(
        "the configuration that came out of it is not valid",
        kind="mistake",
        detail=detail,
        hint="this is a mistake of reconcile, and nothing was written: please report it",
    )


def _before(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RuntimeFailure(f"cannot write `{path}`: {error.strerror}", hint="name another file with `-o`") from error


def _refuse_source(source: Path, wanted: Iterable[Path]) -> None:
    """Not even by force: the database, and what SQLite keeps beside it, are never written to."""
    kept = {source.with_name(source.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")}
    for path in wanted:
        if path in kept:
            summary = f"`{path}` belongs to the database that is read"
            raise RuntimeFailure(summary, hint="name another file with `-o`")


def _refuse_others(there: Sequence[Path]) -> None:
    if there:
        named = ", ".join(f"`{one}`" for one in there)
        raise RuntimeFailure(
            f"{named} {'is' if len(there) == 1 else 'are'} there already, and not what would be written",
            hint="name another file with `-o`, or replace what is there with `--force`",
        )


def _directory(path: Path) -> bool:
    """Makes the directory of secrets where it is missing."""
    missing = not path.exists()
    private_directory(path)
    return missing
