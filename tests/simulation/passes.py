"""One run of our program with what the machine saw of it: what the invariants look at."""

from dataclasses import dataclass, field
from pathlib import Path

from reconciler.config.load import LoadedFleet
from reconciler.domain.change import Reason
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.outcome import Outcome, RunReport
from reconciler.domain.plan import Plan
from reconciler.errors import ReconcilerError
from tests.simulation.expected import Wanted
from tests.simulation.kernel import Kernel, SignalSent, Spawned
from tests.simulation.process import SimProcess

EFFECTS = ("spawn:before", "signal:before", "write:before", "http:/models?reload=1:", "http:/models/load:")


def is_effect(boundary: str) -> bool:
    """Whether a boundary stands before something that changes the world."""
    return boundary.startswith((*EFFECTS, "http:/models/unload:")) and boundary.endswith(":before")


@dataclass(frozen=True)
class Seen:
    """A process at one moment; `inside` says that its parent carries the same marks."""

    pid: int
    born: ProcessIdentity
    argv: tuple[str, ...]
    slot: str
    instance: str
    ours: bool
    inside: bool

    @classmethod
    def of(cls, one: SimProcess) -> "Seen":
        """A living process."""
        marks, parent = one.marks, one.parent
        return cls(
            pid=one.pid,
            born=one.identity,
            argv=tuple(one.argv),
            slot=marks.slot if marks else "",
            instance=marks.instance if marks else "",
            ours=one.ours,
            inside=parent is not None and marks is not None and parent.marks == marks,
        )

    @property
    def is_router(self) -> bool:
        """Whether it is a llama-server in router mode."""
        return "--models-preset" in self.argv


@dataclass
class Pass:
    """
    One run.

    Attributes:
        fleet: what the files said when it began; nothing when they were not valid.
        calm: nothing but our program did anything meanwhile, and nothing was in its way.
        alone: nothing but our program, and its end, touched the world meanwhile; `sound` when no server is ill, too.
        blind: whether it could not see its processes from beginning to end.
        insists: whether it was told to go over the limits.
        served: models that were meant to run before; `protected` the slots with that mark.
        boundaries: the names of those that it came to.
        takes_back: whether one failure takes the whole run back, also what had no process to start.
    """

    fleet: LoadedFleet | None
    wanted: Wanted | None
    calm: bool
    alone: bool
    sound: bool
    blind: bool
    insists: bool
    before: dict[int, Seen]
    store_before: bytes
    served: frozenset[str]
    protected: frozenset[str]
    after: dict[int, Seen] = field(default_factory=dict)
    store_after: bytes = b""
    signals: list[SignalSent] = field(default_factory=list)
    spawns: list[Spawned] = field(default_factory=list)
    boundaries: list[str] = field(default_factory=list)
    report: RunReport | None = None
    error: ReconcilerError | None = None
    killed: bool = False
    takes_back: bool = False
    plan: Plan | None = None

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How its steps ended."""
        return self.report.outcomes if self.report else ()

    @property
    def effects(self) -> list[str]:
        """What it did to the world, the store apart."""
        return [name for name in self.boundaries if is_effect(name)]

    @property
    def certain(self) -> bool:
        """Whether the plan says of nothing that it is left alone because it could not be seen."""
        return self.plan is not None and all(one.reason is not Reason.UNKNOWN for one in self.plan.changes)

    @property
    def summary(self) -> str:
        """One line for a reader of the history."""
        if self.killed:
            return f"killed at {self.boundaries[-1]} (boundary {len(self.boundaries)})"
        if self.report is None:
            return f"{type(self.error).__name__}: {self.error}" if self.error else "planned"
        steps = ", ".join(
            f"{one.action} {one.resource} {one.result} {one.message[:80]}".strip() for one in self.outcomes
        )
        return f"exit {self.report.exit_code}: {steps or 'nothing'}"

    @property
    def begun(self) -> set[ProcessIdentity]:
        """Processes that our program started."""
        return {one.process.identity for one in self.spawns}

    @property
    def hit(self) -> set[ProcessIdentity]:
        """Processes that our program signalled."""
        return {one.target.identity for one in self.signals if one.program is not None}


def digest_of(directory: Path) -> bytes:
    """The bytes of the store."""
    files = [directory / name for name in ("store.db", "store.db-wal")]
    return b"|".join(one.read_bytes() if one.exists() else b"" for one in files)


def somebody_dies(kernel: Kernel) -> bool:
    """Whether a server was told to end, not by us, and has not yet."""
    told = {id(one.target) for one in kernel.signals if one.program is None}
    return any(id(one) in told for one in kernel.processes() if not one.zombie)
