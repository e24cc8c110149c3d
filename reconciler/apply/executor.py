"""
Walking the waves of a plan.

A crash anywhere leaves intents without outcome in the journal, and children that their marks prove ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.apply import adoption, dedicated
from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.crossing import put_back
from reconciler.apply.journal import Journal
from reconciler.apply.launch import new_instance
from reconciler.apply.policies import policy_of
from reconciler.apply.preset import write_preset
from reconciler.apply.router_batch import change_models
from reconciler.apply.router_children import none_beside
from reconciler.apply.router_models import RouterAddress, address_of
from reconciler.apply.sections import PUTS, listed, sections_after, slots_of
from reconciler.apply.step import StepEnd, outcome
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage, ignore
from reconciler.domain.names import ROUTER, InstanceId, ResourceId, model_id, model_name
from reconciler.domain.outcome import Result
from reconciler.domain.plan import Plan
from reconciler.errors import ReconcilerError
from reconciler.llama.argv import after
from reconciler.spec.record import Applied, ResourceRecord
from reconciler.store import StepIntent

SPAWNS = frozenset({Action.START, Action.RESTART})
BEATS, BEAT = 10, 0.01
"""How often and how long, in seconds, an outcome waits for others before it is written."""

INTERRUPTED = "the run was interrupted before"


def as_it_is(_change: Change, end: StepEnd) -> StepEnd:
    """The end of a step as it came to pass."""
    return end


@dataclass(slots=True, kw_only=True)
class Execution:
    """
    One plan on its way.

    Attributes:
        limit: how many steps run side by side.
        gives_up: whether nothing new begins once a change has failed.
        ended_as: what the end of a step is told and recorded as.
        culprit: the first change that failed.
        out: models of this wave that the router let go, so that their step has begun.
        running: steps of this wave that did not end yet.
        ended: those whose outcome is not written yet.
        router_turn: one at a time changes the router's sections, each from what the one before left.
    """

    ctx: Context
    plan: Plan
    journal: Journal
    limit: asyncio.Semaphore
    gives_up: bool = False
    ended_as: Callable[[Change, StepEnd], StepEnd] = as_it_is
    culprit: ResourceId | None = None
    ended: list[tuple[Change, StepEnd]] = field(default_factory=list)
    out: frozenset[ResourceId] = frozenset()
    running: int = 0
    router_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def why_not(self) -> str:
        """Why nothing new begins; empty while it does."""
        if self.ctx.stop.is_set():
            return INTERRUPTED
        return f"{self.culprit} failed before" if self.gives_up and self.culprit else ""

    async def waves(self) -> None:
        """Runs wave after wave until the plan is done or nothing new may begin."""
        for wave in self.plan.waves:
            if why := self.why_not:
                self.journal.outcomes += [outcome(change, Result.SKIPPED, why) for change in wave]
                continue
            await self._wave(wave)

    async def _wave(self, wave: Sequence[Change]) -> None:
        instances = {change.resource: new_instance() for change in wave}
        self._intend(wave, instances)
        crashpoint("wave-journalled")
        stuck = await self._leave_router([one for one in wave if self._leaves_router(one) or self._is_listed(one)])
        models = [change for change in wave if self._is_section(change)]
        single = [change for change in wave if change not in models and change not in stuck]
        self.running = len(single)
        jobs: list[Awaitable[None]] = [
            self._finish(change, self._guarded(change, instances[change.resource])) for change in single
        ]
        if models:
            jobs.append(self._finish_batch(models))
        await asyncio.gather(*jobs)

    def _intend(self, wave: Sequence[Change], instances: dict[ResourceId, InstanceId]) -> None:
        intents = [
            StepIntent(
                resource=change.resource,
                uid=self.ctx.resource(change.resource, change.slot).uid,
                action=change.action,
                instance=instances[change.resource] if change.action in SPAWNS else None,
                applied=self.ctx.wanted(change) if change.action in SPAWNS else None,
            )
            for change in wave
        ]
        self.journal.begin(intents)

    def _is_section(self, change: Change) -> bool:
        """Whether a change is one of the router's INI, not of a process of its own."""
        line = self.ctx.resource(change.resource, change.slot)
        wanted = self.ctx.wanted(change) if change.action in PUTS else line.applied
        return change.resource != ROUTER and wanted is not None and wanted.serve == "router"

    async def _guarded(self, change: Change, instance: InstanceId) -> StepEnd:
        """One step; a known failure becomes its outcome, so that the others go on."""
        async with self.limit:
            if (why := self.why_not) and change.resource not in self.out:
                return self._unchanged(change, Result.SKIPPED, why)
            try:
                end = await self._step(change, instance)
            except ReconcilerError as error:
                cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
                self.ctx.tell(change, Stage.FAILED, cause)
                end = self._unchanged(change, Result.FAILED, cause)
            self._note(end)
            return end

    def _unchanged(self, change: Change, result: Result, why: str) -> StepEnd:
        """The end of a step that left everything as it was."""
        return StepEnd(outcome=outcome(change, result, why), after=self._recorded(change))

    def _recorded(self, change: Change) -> ResourceRecord | None:
        """The line of a resource as it stands; what was not recorded before is not recorded now."""
        return self.journal.lines.get(self.ctx.resource(change.resource, change.slot).resource)

    def _note(self, end: StepEnd) -> None:
        if end.outcome.result in {Result.FAILED, Result.RESTORED}:
            self.culprit = self.culprit or end.outcome.resource

    async def _step(self, change: Change, instance: InstanceId) -> StepEnd:
        ctx = self.ctx
        match change.action:
            case Action.START | Action.RESTART:
                wanted = ctx.wanted(change)
                if wanted is None:
                    msg = f"the plan starts {change.resource}, which the fleet does not declare"
                    raise AssertionError(msg)
                if change.resource == ROUTER:
                    return await self._start_router(change, instance)
                return await self._start_model(change, instance, wanted)
            case Action.STOP:
                return await dedicated.stop(ctx, change, self._loaded() if change.resource == ROUTER else ())
            case Action.ADOPT:
                return await adoption.adopt(ctx, change)
            case Action.FORGET:
                return StepEnd(outcome=outcome(change, Result.DONE), after=None)
            case Action.RELOAD if change.resource == ROUTER:
                return await self._take_out_left_sections(change)
            case Action.RELOAD | Action.KEEP:
                msg = f"{change.action} of {change.resource} is no step of a process"
                raise AssertionError(msg)

    async def _start_router(self, change: Change, instance: InstanceId) -> StepEnd:
        """Starts the router with all sections of this plan at once; they are put back if it does not come up."""
        ctx = self.ctx
        wanted = ctx.wanted(change)
        if wanted is None:
            raise AssertionError
        models = [one for one in self.plan.pending if self._is_section(one)]
        models += [replace(one, action=Action.STOP) for one in self.plan.pending if self._leaves_router(one)]
        before, slots = listed(self.journal.lines), slots_of(self.journal.lines, models)

        def undo() -> None:
            write_preset(ctx, before, slots)

        write_preset(ctx, sections_after(before, models, ctx, self.journal.lines), slots)
        try:
            return await dedicated.start(ctx, change, instance, wanted, models=self._loaded(), undo=undo)
        except ReconcilerError:
            # The router that was to be replaced lives on, with the sections that it has.
            undo()
            raise

    async def _take_out_left_sections(self, change: Change) -> StepEnd:
        """Has the router let go of models that it does not have by the record; processes of their own go on."""
        lines = self.journal.lines
        left = [
            Change(resource=model_id(name), action=Action.STOP, reason=change.reason)
            for name, state in (self.ctx.seen.router_models or {}).items()
            if model_id(name) not in listed(lines) and after("--log-file", state.args)
        ]
        async with self.router_turn:
            # Nobody is told that these models stop: no step of theirs does it.
            ends = await change_models(replace(self.ctx, hook=ignore), left, lines, self._router())
        line = self.ctx.resource(change.resource, change.slot)
        if stuck := [end.outcome.message for end in ends if end.outcome.result is not Result.DONE]:
            self.ctx.tell(change, Stage.FAILED, stuck[0])
            return StepEnd(outcome=outcome(change, Result.FAILED, stuck[0]), after=line)
        self.ctx.tell(change, Stage.READY, port=change.port)
        return StepEnd(outcome=outcome(change, Result.DONE), after=replace(line, applied=self.ctx.wanted(change)))

    def _leaves_router(self, change: Change) -> bool:
        """Whether a change gives a process of its own to a model that the router has."""
        line = self.ctx.resource(change.resource, change.slot)
        inside = line.applied is not None and line.applied.serve == "router" and line.desired_running
        return inside and change.action in SPAWNS and not self._is_section(change)

    def _is_listed(self, change: Change) -> bool:
        """
        Whether the router lists a model that gets a process of its own. No record need say so: a run that was cut off,
        or whose way back failed, may have put it there.
        """
        spawns = change.action in SPAWNS and not self._is_section(change)
        return spawns and model_name(change.resource) in (self.ctx.seen.router_models or {})

    async def _leave_router(self, leaving: Sequence[Change]) -> list[Change]:
        """
        Takes away the sections of models that become dedicated, all at once and before their processes need the memory.

        Returns those that the router did not let go.
        """
        if not leaving:
            return []
        stops = [replace(change, action=Action.STOP) for change in leaving]
        ends = await change_models(self.ctx, stops, self.journal.lines, self._router())
        crashpoint("router-left")
        stuck = [
            (change, StepEnd(outcome=replace(end.outcome, action=change.action), after=self._recorded(change)))
            for change, end in zip(leaving, ends, strict=True)
            if end.outcome.result is not Result.DONE
        ]
        if stuck:
            self._write(stuck)
        held = [change for change, _ in stuck]
        gone = [change for change in leaving if change not in held]
        self.out = frozenset(change.resource for change in gone)
        for change in filter(self._leaves_router, gone):
            line = self.ctx.resource(change.resource, change.slot)
            self.journal.lines[line.resource] = replace(line, desired_running=False)
        return held

    async def _start_model(self, change: Change, instance: InstanceId, wanted: Applied) -> StepEnd:
        """Starts a dedicated model; one that comes from the router and fails goes back there."""
        await none_beside(self.ctx, model_name(change.resource) or "", policy_of(wanted))
        end = await dedicated.start(self.ctx, change, instance, wanted)
        router = self._router()
        if end.outcome.result is not Result.FAILED or router is None or not self._leaves_router(change):
            return end
        async with self.router_turn:
            back = await put_back(self.ctx, change, end, self.journal.lines, router)
            if back.after:
                self.journal.lines[back.after.resource] = back.after
            return back

    def _loaded(self) -> tuple[str, ...]:
        states = self.ctx.seen.router_models or {}
        return tuple(name for name, state in states.items() if state.status == "loaded")

    def _router(self) -> RouterAddress | None:
        return address_of(self.journal.lines.get(ROUTER))

    async def _finish(self, change: Change, step: Awaitable[StepEnd]) -> None:
        """
        Waits for the end of a step. The first that ends waits a moment for others and writes them too: a commit takes
        as long as a small model takes to start.
        """
        try:
            end = await step
        finally:
            self.running -= 1
        crashpoint("step-done")
        self.ended.append((change, end))
        if len(self.ended) > 1:
            return
        try:
            for _ in range(BEATS):
                if self.running:
                    await self.ctx.world.clock.sleep(BEAT)
        finally:
            self._write(self.ended)
            self.ended = []

    async def _finish_batch(self, models: Sequence[Change]) -> None:
        async with self.router_turn:
            ends = await change_models(self.ctx, models, self.journal.lines, self._router())
            by_resource = {end.outcome.resource: end for end in ends}
            crashpoint("step-done")
            self._write([(change, by_resource[change.resource]) for change in models])

    def _write(self, ended: Sequence[tuple[Change, StepEnd]]) -> None:
        for _, end in ended:
            self._note(end)
        self.journal.finish([(change, self.ended_as(change, end)) for change, end in ended])
