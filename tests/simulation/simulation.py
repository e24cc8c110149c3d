"""One machine, one fleet, one history: passes of the real program, and what may happen between and during them."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NoReturn, Self

from reconciler import api
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.outcome import OnFailure, RunReport
from reconciler.domain.plan import Plan
from reconciler.errors import ConfigError, PreflightError, ReconcilerError, StalePlanError
from reconciler.plan.options import PlanOptions
from reconciler.store import Store
from reconciler.supervise.once import PassOptions, reconcile_once
from reconciler.supervise.passes import plan_once
from tests.simulation import drafts, invariants, journal
from tests.simulation.drafts import FleetDraft, ModelDraft
from tests.simulation.expected import Facts, Wanted, facts_of_process
from tests.simulation.host import SimulatedHost
from tests.simulation.instruments import instrumented
from tests.simulation.interruptions import Interruption, When, kill
from tests.simulation.invariants import CANARY
from tests.simulation.killed import Killed
from tests.simulation.passes import Pass, Seen, digest_of, is_effect, somebody_dies
from tests.simulation.process import SimProcess
from tests.simulation.program import Program
from tests.simulation.rolling_back import rolled_back, there_is
from tests.simulation.router import Router

PATIENCE = 6 * 3600.0
"""Seconds of virtual time within which any pass has to come to an end."""

ENOUGH = 1_000_000
"""Tokens of context that fit into the memory of a machine without faults."""

ROUNDS = 5
"""Passes within which a machine without faults comes to rest."""


class ViolationError(AssertionError):
    """An invariant does not hold."""


class Simulation:
    """
    Attributes:
        host: the machine.
        draft: the files as their editor has them.
        disturbed: whether anything is in the way of our program, until `calm_down`.
        births: what every process was made from, where that is certain.
        resting: the files after whose pass there was nothing left to do, until something happens.
        trace: what happened, one line a step.
        counts: how much of what.
    """

    def __init__(self, seed: int, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "fleet.yaml"
        self.host = SimulatedHost(seed, directory / "store")
        self.draft = FleetDraft().with_model("a", ModelDraft(file=drafts.FILES[0]))
        self.secret = drafts.SECRET_REFERENCE
        self.disturbed = False
        self.births: dict[ProcessIdentity, Facts] = {}
        self.adopted: set[SimProcess] = set()
        self.resting: str | None = None
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()
        self.say: Callable[[str], None] | None = None
        self._ports = count(8200)
        self._saved: tuple[LoadedFleet, Plan] | None = None
        self._known: dict[str, LoadedFleet] = {}
        self._stack = ExitStack()
        self._draws = Random(seed)  # noqa: S311 - a seed is a world
        self.host.kernel.on_spawn = lambda command, _: invariants.before_spawn(self, command)
        for file in drafts.FILES:
            self.host.disk.put_model(file)
        self.set_secret(0)
        directory.mkdir(parents=True, exist_ok=True)
        self.write(self.draft.text())

    def __enter__(self) -> Self:
        self._stack.enter_context(instrumented(self._draws))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.host.directory / "store.db"

    def set_secret(self, number: int | None) -> None:
        """Another key, or none."""
        self.disturb()
        if number is None:
            self.host.environ.pop(drafts.SECRET, None)
        else:
            self.host.environ[drafts.SECRET] = f"{CANARY}-{number}"

    def write(self, text: str) -> None:
        """Puts the file there, whole."""
        self.config.write_text(text, encoding="utf-8")

    def edit(self, draft: FleetDraft) -> bool:
        """An edit that leaves a valid file; one that would not is not made."""
        before = self.config.read_text(encoding="utf-8")
        self.write(draft.text())
        if self.declared() is None:
            self.write(before)
            return False
        for line in sorted(set(draft.text().splitlines()) ^ set(before.splitlines())):
            sign = "+" if line in draft.text() else "-"
            self.tell(f"      {sign} {line.partition('health')[0]}")
        self.draft = draft
        return True

    def declared(self) -> LoadedFleet | None:
        """What the files say; nothing when they are not valid."""
        try:
            return self.load()
        except ConfigError:
            return None

    def load(self) -> LoadedFleet:
        """As our program reads them; the same text is the same fleet, which is judged once."""
        text = self.config.read_text(encoding="utf-8")
        if text not in self._known:
            self._known[text] = load_fleet([self.config], catalogue=self.host.catalogue)
        return self._known[text]

    def disturb(self, *, for_good: bool = False) -> None:
        """Something happens that our program did not do; `for_good` is not over once it has happened."""
        self.resting = None
        self.disturbed |= for_good

    def fresh_port(self) -> int:
        """A port that no model ever had."""
        return next(self._ports)

    def begin_step(self, number: int, name: str) -> None:
        """Notes what happens next."""
        self.counts[f"rule {name}"] += 1
        self.tell(f"{number:3} {name}")

    def tell(self, line: str) -> None:
        """Notes what happened."""
        line = line.replace(str(self.directory), "…")
        self.trace.append(line)
        if self.say:
            self.say(line)

    # --- passes

    def apply(
        self,
        *,
        interruption: Interruption | None = None,
        when: When | None = None,
        insist: bool = False,
        takes_back: bool = False,
    ) -> Pass:
        """
        One pass; `interruption` happens when `when` says so of a boundary.

        `takes_back` is `--on-failure rollback`.
        """
        dies = interruption is kill
        done = self._begin(insist=insist, calm=interruption is None, alone=interruption is None or dies)
        done.takes_back = takes_back
        program = self._program(done, interruption, when)
        self._carry_out(done, program, self._reconcile(program, insist=insist, takes_back=takes_back))
        self._end(done)
        return done

    def both(self, delay: float, *, when: When | None = None) -> None:
        """Two writers at once; the first may be killed."""
        done = [self._begin(insist=True, calm=False, alone=False) for _ in range(2)]
        programs = [self._program(done[0], kill if when else None, when), self._program(done[1], None, None)]

        async def later() -> RunReport:
            await programs[1].sleep(delay)
            return await self._reconcile(programs[1], insist=True)

        async def side_by_side() -> list[Any]:
            works = [programs[0].does(self._reconcile(programs[0], insist=True)), programs[1].does(later())]
            return await asyncio.gather(*map(asyncio.ensure_future, works), return_exceptions=True)

        for one, program, result in zip(done, programs, self.host.run(side_by_side()), strict=True):
            self._note(one, program, result)
        for one in done:
            self._end(one)

    def go_back(self, *, when: When | None = None) -> None:
        """The last generation that says something else, as `rollback` goes there."""
        if (back := there_is(self.host)) is None:
            return
        self.resting = None
        done = self._begin(insist=True, calm=when is None, alone=True)
        done.fleet = replace(next(iter(self._known.values())), spec=back.fleet)
        done.wanted = Wanted.of(done.fleet, self.host)
        program = self._program(done, kill if when else None, when)
        self._carry_out(done, program, rolled_back(program, back))
        self._end(done)
        self.resting = None

    def _reconcile(self, program: Program, *, insist: bool, takes_back: bool = False) -> Coroutine[Any, Any, RunReport]:
        wishes = PlanOptions(max_stop=100, allow_empty=True, accept_origin=True) if insist else PlanOptions()
        return reconcile_once(
            program.world,
            self.load,
            PassOptions(
                plan=wishes, lock_timeout=3600.0, on_failure=OnFailure.ROLLBACK if takes_back else OnFailure.KEEP
            ),
        )

    def _program(self, done: Pass, interruption: Interruption | None, when: When | None) -> Program:
        program = self.host.program()

        def reached(name: str) -> None:
            done.boundaries.append(name)
            if name == "spawn:after":
                self._note_birth(done)
            if is_effect(name):
                invariants.before_effect(self, name)
            if interruption is not None and when is not None and when(name):
                self.counts[f"{interruption.__name__} at {name}"] += 1
                interruption(self, program)

        program.on_boundary = reached
        return program

    def _note_birth(self, done: Pass) -> None:
        """What changed since the plan was made is another one's knowledge."""
        process = self.host.kernel.spawns[-1].process
        if done.alone and done.fleet:
            self.births[process.identity] = facts_of_process(self.host, process, self.secret)

    def _carry_out(self, done: Pass, program: Program, work: Coroutine[Any, Any, RunReport]) -> None:
        try:
            result: object = program.run(asyncio.wait_for(work, PATIENCE))
        except (Killed, ReconcilerError) as error:
            result = error
        except TimeoutError:
            self.fail("I9", "a pass does not come to its end")
        self._note(done, program, result)

    def _note(self, done: Pass, program: Program, result: object) -> None:
        done.plan = program.planned
        if program.dead:
            done.killed = True
            self.counts["killed"] += 1
            return
        program.kill()
        if isinstance(result, RunReport):
            done.report = result
            self.counts[f"exit {result.exit_code}"] += 1
        elif isinstance(result, ReconcilerError):
            done.error = result
            self.counts[type(result).__name__] += 1
        elif isinstance(result, BaseException):
            raise result

    def _begin(self, *, insist: bool, calm: bool, alone: bool) -> Pass:
        self.counts["passes"] += 1
        fleet = self.declared()
        self._marks = len(self.host.kernel.signals), len(self.host.kernel.spawns)
        return Pass(
            fleet=fleet,
            wanted=Wanted.of(fleet, self.host) if fleet else None,
            calm=calm and not self.disturbed and not somebody_dies(self.host.kernel),
            alone=alone,
            sound=alone and not self.disturbed,
            blind=self.host.processes_unreadable and calm,
            insists=insist,
            before=self.seen(),
            store_before=digest_of(self.host.directory),
            served=frozenset(journal.served(self.store)),
            protected=frozenset(journal.protected(self.store)),
        )

    def _end(self, done: Pass) -> None:
        signals, spawns = self._marks
        done.signals = self.host.kernel.signals[signals:]
        done.spawns = self.host.kernel.spawns[spawns:]
        done.after = self.seen()
        done.store_after = digest_of(self.host.directory)
        self.tell(f"      {done.summary}")
        invariants.after_pass(self, done)
        well = done.calm and done.certain and done.report is not None and done.report.exit_code in {0, 8}
        self.resting = self.config.read_text(encoding="utf-8") if well and self._is_tidy(done) else None

    def _is_tidy(self, done: Pass) -> bool:
        """Whether nobody is dying, and no section is left of a move that was cut off, which the next pass takes."""
        sections = done.wanted.sections.keys() if done.wanted else set()
        return not somebody_dies(self.host.kernel) and self.router_models().keys() <= sections

    def plan(self) -> None:
        """Looks and plans, as `plan --out` does; nothing may change by that."""
        done = self._begin(insist=True, calm=not self.disturbed, alone=True)
        program = self._program(done, None, None)

        async def planned() -> tuple[LoadedFleet, Plan]:
            fleet = self.load()
            with Store.open(program.world.directory) as store:
                record = store.record()
            options = PlanOptions(
                max_stop=100, allow_empty=True, accept_origin=True, origin=fleet.origin, catalogue=self.host.catalogue
            )
            return fleet, (await plan_once(program.world, fleet, record, options)).plan

        self._saved = None
        try:
            self._saved = program.run(planned())
        except ReconcilerError as error:
            self.counts[type(error).__name__] += 1
        program.kill()
        resting = self.resting
        self._end(done)
        self.resting = resting
        if done.effects or done.store_before != done.store_after:
            self.fail("I16", f"a plan changes something: {done.effects}")

    def apply_saved(self) -> None:
        """Does exactly what was planned, or nothing."""
        if self._saved is None:
            return
        (fleet, plan), self._saved = self._saved, None
        self.resting = None
        done = self._begin(insist=True, calm=not self.disturbed, alone=True)
        done.fleet, done.wanted = fleet, Wanted.of(fleet, self.host)
        program = self._program(done, None, None)
        self._carry_out(done, program, api.apply(program.world, fleet, plan))
        self._end(done)
        self.resting = None
        if isinstance(done.error, StalePlanError) and done.effects:
            self.fail("I16", f"a stale plan is done: {done.effects}")
        planned = {(change.resource, change.action) for change in plan.pending}
        if more := {(one.resource, one.action) for one in done.outcomes} - planned:
            self.fail("I16", f"done, and not planned: {more}")

    def seen(self) -> dict[int, Seen]:
        """All living processes."""
        return {one.pid: Seen.of(one) for one in self.host.kernel.processes() if not one.zombie}

    def router_models(self) -> dict[str, tuple[str, dict[str, str]]]:
        """What the living router has: state and section of each model."""
        servers = [one.behaviour for one in self.host.kernel.processes() if one.ours and not one.zombie]
        routers = [one for one in servers if isinstance(one, Router)]
        return {name: (one.status, dict(one.keys)) for router in routers for name, one in router.models.items()}

    # --- the end

    def calm_down(self) -> None:
        """Faults end: everything is as a machine should be; what was destroyed stays so."""
        host = self.host
        host.calm_down()
        host.largest_context = ENOUGH
        for file in drafts.FILES:
            if host.disk.facts(file).problem or host.disk.models[file].size < host.disk.models[file].whole:
                host.disk.put_model(file)
        if drafts.SECRET not in host.environ:
            self.set_secret(0)
        for one in host.kernel.processes():
            if not one.ours:
                host.kernel.kill(one.pid, 9)
        host.clock.advance(60.0)
        self.write(self.draft.text())
        self.disturb()
        self.disturbed = False

    def settle(self) -> None:
        """Faults end and inputs stop: the declared state is reached, and then nothing is done any more."""
        self.calm_down()
        for _ in range(ROUNDS):
            done = self.apply(insist=True)
            if done.report is not None and done.report.run == 0:
                invariants.at_rest(self, done)
                return
            if isinstance(done.error, PreflightError) and {
                getattr(one, "code", "") for one in done.error.diagnostics
            } == {"E0505"}:
                # The files give a port to one that another has: that is said, with what to write instead.
                return
        self.fail("I9", f"the fleet does not come to rest: {done.error or done.outcomes}")

    def fail(self, number: str, what: str) -> NoReturn:
        """An invariant does not hold."""
        raise ViolationError(f"{number}: {what}")
