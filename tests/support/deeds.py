"""
What an apply can be asked to do, as parts that can be put together: each knows the fleet before and the fleet after.

Names of different parts never meet, so that several fit into one fleet.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reconciler.llama.argv import after as word_after
from tests.support.sandbox import Sandbox, answers, wait_until

Prepare = Callable[[Sandbox, ExitStack], None]
Declare = Callable[[Sandbox], None]
WARM = {"sampling": {"temperature": 0.25}}
RESTORED, FAILED = 5, 4
NAMES: dict[str, int] = {}


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One action.

    Attributes:
        before: the fleets that lead to where it begins, applied one after the other.
        exits: what the apply of `after` ends with, by itself.
    """

    name: str
    before: tuple[Declare, ...]
    after: Declare
    exits: int = 0


def ready(_sandbox: Sandbox, _: ExitStack) -> None:
    """Nothing has to be prepared."""


@dataclass(frozen=True, kw_only=True)
class Deed:
    """
    Several actions of one apply.

    Attributes:
        prepare: what happens to the world before each try.
        command: what does it, when that is not `apply`.
        only: the points that no other deed comes by, where a try takes seconds.
    """

    name: str
    parts: tuple[Part, ...]
    prepare: Prepare = ready
    command: tuple[str, ...] = ("apply", "-y")
    only: tuple[str, ...] = ()

    @property
    def exits(self) -> int:
        """5 wins over 4."""
        return max(part.exits for part in self.parts)

    @property
    def steps(self) -> int:
        """How many fleets lead to where it begins."""
        return max(len(part.before) for part in self.parts)

    def declare(self, sandbox: Sandbox, step: int | None = None) -> None:
        """Makes the fleet of a step on the way to the beginning, or that of the end."""
        sandbox.document["models"] = {}
        sandbox.document.pop("router", None)
        for part in self.parts:
            (part.after if step is None else part.before[min(step, len(part.before) - 1)])(sandbox)


def nothing(sandbox: Sandbox) -> None:
    """A model or section that is not there."""


def own(name: str, **settings: object) -> Declare:
    """A model with a process of its own, and with a port that does not depend on who else has one at that moment."""
    place = NAMES.setdefault(name, len(NAMES))
    return lambda sandbox: sandbox.dedicated(name, **{"port": sandbox.pool[place], **settings})


def routed(name: str, **settings: object) -> Declare:
    """A model of the router."""
    return lambda sandbox: _routed(sandbox, {name: settings})


def router(models_max: int, *names: str) -> Declare:
    """The router with a flag of its own."""
    return lambda sandbox: _routed(sandbox, {name: {} for name in names}, models_max)


def broken(sandbox: Sandbox) -> Path:
    """A file that looks whole and that no server can load: its architecture is unknown."""
    path = sandbox.directory / "broken.gguf"
    if not path.exists():
        path.write_bytes(sandbox.gguf.read_bytes().replace(b"llama", b"xlama"))
    return path


def _routed(sandbox: Sandbox, models: dict[str, dict[str, object]], models_max: int = 0) -> None:
    # The last port of the pool: the same one each time that the router is declared.
    known = sandbox.document.setdefault("router", {"port": sandbox.pool[-1] + 1, "models_max": 0})
    known["models_max"] = models_max or known["models_max"]
    for name, settings in models.items():
        sandbox.routed(name, **settings)


def start_own(sandbox: Sandbox, stack: ExitStack) -> None:
    """Somebody runs what the fleet will call `mine`."""
    port = str(sandbox.pool[NAMES["mine"]])
    argv = [str(sandbox.llama_server), "-m", str(sandbox.gguf), "--port", port, "-c", "256", "-t", "1", "-np", "1"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    stack.callback(process.wait, 10)
    stack.callback(process.kill)
    wait_until(lambda: answers(int(port)))


def lose_store(sandbox: Sandbox, _: ExitStack) -> None:
    """What is recorded is lost; what runs is not."""
    for file in sandbox.store.glob("store.db*"):
        file.unlink()


def hang(sandbox: Sandbox, _: ExitStack) -> None:
    """The process of `hangs` does nothing any more, not even end."""
    (process,) = (one for one in sandbox.processes() if word_after("--alias", one.argv) == "hangs")
    os.kill(process.identity.pid, signal.SIGSTOP)


def _bad(declare: Callable[..., Declare], name: str) -> Declare:
    return lambda sandbox: declare(name, path=str(broken(sandbox)))(sandbox)


def _hanging(**settings: object) -> Declare:
    return own("hangs", health={"drain_timeout": "100ms", "stop_grace": "200ms"}, **settings)


KEPT = Part(name="keep", before=(own("kept"),), after=own("kept"))
STAYS = Part(name="keep in the router", before=(routed("stays"),), after=routed("stays"))

DEDICATED = (
    Part(name="start", before=(nothing,), after=own("new")),
    Part(name="stop", before=(own("gone"),), after=nothing),
    Part(name="disable", before=(own("idle"),), after=own("idle", enabled=False)),
    Part(name="forget", before=(own("off"), own("off", enabled=False)), after=nothing),
    Part(name="restart", before=(own("a"),), after=own("a", **WARM)),
    Part(name="rename", before=(own("old"),), after=own("young", moved_from="old")),
    Part(name="policy", before=(own("p"),), after=own("p", health={"drain_timeout": "7s"}, protect=True)),
)
DEDICATED_FAILURES = (
    Part(name="failed start", before=(nothing,), after=_bad(own, "bad-new"), exits=FAILED),
    Part(name="failed restart", before=(own("bad-a"),), after=_bad(own, "bad-a"), exits=RESTORED),
)
ROUTER = (
    Part(name="add section", before=(nothing,), after=routed("new-r")),
    Part(name="remove section", before=(routed("gone-r"),), after=nothing),
    Part(name="reload", before=(routed("r"),), after=routed("r", **WARM)),
    Part(name="rename section", before=(routed("old-r"),), after=routed("young-r", moved_from="old-r")),
)
ROUTER_FAILURES = (
    Part(name="failed section", before=(nothing,), after=_bad(routed, "bad-new-r"), exits=FAILED),
    Part(name="failed reload", before=(routed("bad-r"),), after=_bad(routed, "bad-r"), exits=RESTORED),
)
ROUTER_ITSELF = (
    Part(name="router restart", before=(router(5, "stays"),), after=router(6, "stays")),
    Part(name="router start", before=(nothing,), after=router(5, "fresh")),
    Part(name="router stop", before=(router(5, "fresh"),), after=nothing),
)
HANGS = Part(name="hangs", before=(_hanging(),), after=_hanging(**WARM))
ADOPTED = Part(name="adopt", before=(nothing,), after=own("mine"))
MOVES = (
    Part(name="into the router", before=(own("in"),), after=routed("in")),
    Part(name="out of the router", before=(routed("out"),), after=own("out")),
)
MOVE_FAILURES = (
    Part(name="not into the router", before=(own("bad-in"),), after=_bad(routed, "bad-in"), exits=RESTORED),
    Part(name="not out of the router", before=(routed("bad-out"),), after=_bad(own, "bad-out"), exits=RESTORED),
)


PREPARED = (
    Deed(name="adopt", parts=(KEPT, ADOPTED), prepare=start_own, command=("adopt", "mine", "-y")),
    Deed(name="find", parts=(KEPT, STAYS), prepare=lose_store),
    Deed(name="kill", parts=(KEPT, HANGS), prepare=hang, only=("kill-sent:1",)),
)


def _each(parts: tuple[Part, ...], *others: Part) -> tuple[Deed, ...]:
    return tuple(Deed(name=part.name, parts=(*others, part)) for part in parts)


FLEETS = {
    "mixed": (
        Deed(name="processes", parts=(KEPT, STAYS, *DEDICATED)),
        Deed(name="sections", parts=(KEPT, STAYS, *ROUTER)),
        Deed(name="moves", parts=(KEPT, STAYS, *MOVES)),
        Deed(name="failures", parts=(KEPT, STAYS, *DEDICATED_FAILURES, *ROUTER_FAILURES)),
        Deed(name="failed moves", parts=(KEPT, STAYS, *MOVE_FAILURES)),
        *_each(ROUTER_ITSELF, KEPT),
        *PREPARED,
    ),
    "dedicated": _each(DEDICATED + DEDICATED_FAILURES, KEPT),
    # A router that stops alone leaves an empty fleet, which is refused.
    "router": (*_each(ROUTER + ROUTER_FAILURES, STAYS), *_each(ROUTER_ITSELF[:2])),
}
"""Every action among others in one fleet, and alone in the two others."""

GOES_BACK = Deed(
    name="going back as a whole",
    parts=(KEPT, *DEDICATED[4:5], *DEDICATED_FAILURES[1:], DEDICATED[6]),
    command=("apply", "-y", "--on-failure", "rollback"),
)
"""Cut off, it ends elsewhere than undisturbed: what the run has changed counts as applied for the next one."""
