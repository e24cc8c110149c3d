"""
Walking the waves of a plan.

All intents of a wave are journalled in one transaction before its first act; each outcome is written with the record
line that it makes true. A crash anywhere leaves intents without outcome, and children that their marks prove ours.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.apply import adoption, dedicated
from reconciler.apply.conditions import with_conditions
from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.apply.crossing import put_back
from reconciler.apply.launch import new_instance
from reconciler.apply.preset import write_preset
from reconciler.apply.router_batch import change_models
from reconciler.apply.router_models import RouterAddress, address_of
from reconciler.apply.sections import PUTS, listed, sections_after, slots_of
from reconciler.apply.step import StepEnd, outcome
from reconciler.domain.change import Action, Change
from reconciler.domain.event import Stage
from reconciler.domain.names import ROUTER, InstanceId, ResourceId
from reconciler.domain.outcome import Outcome, Result
from reconciler.domain.plan import Plan
from reconciler.errors import ReconcilerError
from reconciler.spec.record import Applied, ResourceRecord
from reconciler.store import StepFinish, StepIntent, Writer

SPAWNS = frozenset({Action.START, Action.RESTART})
BEATS, BEAT = 10, 0.01
"""How often and how long, in seconds, an outcome waits for others before it is written."""


@dataclass(slots=True, kw_only=True)
class Execution:
    """
    One run on its way.

    Attributes:
        lines: the record as it stands now; moves with every outcome.
        limit: how many steps run side by side.
        running: steps of this wave that did not end yet.
        ended: those whose outcome is not written yet.
        router_turn: one at a time changes the router's sections, each from what the one before left.
    """

    ctx: Context
    plan: Plan
    writer: Writer
    run: int
    limit: asyncio.Semaphore
    lines: dict[ResourceId, ResourceRecord] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    ended: list[tuple[Change, StepEnd]] = field(default_factory=list)
    running: int = 0
    router_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def waves(self) -> None:
        """Runs wave after wave until the plan is done or the run is told to stop."""
        for wave in self.plan.waves:
            if self.ctx.stop.is_set():
                self._skip(wave)
                continue
            await self._wave(wave)

    async def _wave(self, wave: Sequence[Change]) -> None:
        instances = {change.resource: new_instance() for change in wave}
        steps = self._intend(wave, instances)
        crashpoint("wave-journalled")
        stuck = await self._leave_router(steps, [change for change in wave if self._leaves_router(change)])
        models = [change for change in wave if self._is_section(change)]
        single = [change for change in wave if change not in models and change not in stuck]
        self.running = len(single)
        jobs: list[Awaitable[None]] = [
            self._finish(steps, change, self._guarded(change, instances[change.resource])) for change in single
        ]
        if models:
            jobs.append(self._finish_batch(steps, models))
        await asyncio.gather(*jobs)

    def _intend(self, wave: Sequence[Change], instances: dict[ResourceId, InstanceId]) -> dict[ResourceId, int]:
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
        return self.writer.begin_steps(self.run, intents, now=self.ctx.world.clock.now())

    def _is_section(self, change: Change) -> bool:
        """Whether a change is one of the router's INI, not of a process of its own."""
        line = self.ctx.resource(change.resource, change.slot)
        wanted = self.ctx.wanted(change) if change.action in PUTS else line.applied
        return change.resource != ROUTER and wanted is not None and wanted.serve == "router"

    async def _guarded(self, change: Change, instance: InstanceId) -> StepEnd:
        """One step; a known failure becomes its outcome, so that the others go on."""
        async with self.limit:
            try:
                return await self._step(change, instance)
            except ReconcilerError as error:
                cause = f"{error.summary}: {error.detail}" if error.detail else error.summary
                self.ctx.tell(change, Stage.FAILED, cause)
                line = self.ctx.resource(change.resource, change.slot)
                return StepEnd(outcome=outcome(change, Result.FAILED, cause), after=line)

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
        before, slots = listed(self.lines), slots_of(self.lines, models)

        def undo() -> None:
            write_preset(ctx, before, slots)

        write_preset(ctx, sections_after(before, models, ctx, self.lines), slots)
        try:
            return await dedicated.start(ctx, change, instance, wanted, models=self._loaded(), undo=undo)
        except ReconcilerError:
            # The router that was to be replaced lives on, with the sections that it has.
            undo()
            raise

    def _leaves_router(self, change: Change) -> bool:
        """Whether a change gives a process of its own to a model that the router has."""
        line = self.ctx.resource(change.resource, change.slot)
        inside = line.applied is not None and line.applied.serve == "router" and line.desired_running
        return inside and change.action in SPAWNS and not self._is_section(change)

    async def _leave_router(self, steps: dict[ResourceId, int], leaving: Sequence[Change]) -> list[Change]:
        """
        Takes away the sections of models that become dedicated, all at once and before their processes need the memory.

        Returns those that the router did not let go.
        """
        if not leaving:
            return []
        stops = [replace(change, action=Action.STOP) for change in leaving]
        ends = await change_models(self.ctx, stops, self.lines, self._router())
        crashpoint("router-left")
        stuck = [
            (change, end) for change, end in zip(leaving, ends, strict=True) if end.outcome.result is Result.FAILED
        ]
        for change in leaving:
            line = self.ctx.resource(change.resource, change.slot)
            if change not in [one for one, _ in stuck]:
                self.lines[line.resource] = replace(line, desired_running=False)
        if stuck:
            self._write(
                steps, [(one, replace(end, outcome=replace(end.outcome, action=one.action))) for one, end in stuck]
            )
        return [change for change, _ in stuck]

    async def _start_model(self, change: Change, instance: InstanceId, wanted: Applied) -> StepEnd:
        """Starts a dedicated model; one that comes from the router and fails goes back there."""
        end = await dedicated.start(self.ctx, change, instance, wanted)
        router = self._router()
        if end.outcome.result is not Result.FAILED or router is None or not self._leaves_router(change):
            return end
        async with self.router_turn:
            back = await put_back(self.ctx, change, end, self.lines, router)
            if back.after:
                self.lines[back.after.resource] = back.after
            return back

    def _loaded(self) -> tuple[str, ...]:
        states = self.ctx.seen.router_models or {}
        return tuple(name for name, state in states.items() if state.status == "loaded")

    def _router(self) -> RouterAddress | None:
        return address_of(self.lines.get(ROUTER))

    async def _finish(self, steps: dict[ResourceId, int], change: Change, step: Awaitable[StepEnd]) -> None:
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
            self._write(steps, self.ended)
            self.ended = []

    async def _finish_batch(self, steps: dict[ResourceId, int], models: Sequence[Change]) -> None:
        async with self.router_turn:
            ends = await change_models(self.ctx, models, self.lines, self._router())
            by_resource = {end.outcome.resource: end for end in ends}
            crashpoint("step-done")
            self._write(steps, [(change, by_resource[change.resource]) for change in models])

    def _write(self, steps: dict[ResourceId, int], ended: Sequence[tuple[Change, StepEnd]]) -> None:
        """Journals outcomes with the lines that they make true, all or none."""
        now, generation = self.ctx.world.clock.now(), self.ctx.record.generation + 1
        finished = [_finished(steps[change.resource], end, now=now, generation=generation) for change, end in ended]
        self.writer.finish_steps(finished, now=now)
        crashpoint("step-journalled")
        self.outcomes += [one.outcome for one in finished]
        slots = {change.slot for change, _ in ended}
        for resource in [line.resource for line in self.lines.values() if line.uid in slots]:
            del self.lines[resource]
        self.lines |= {one.after.resource: one.after for one in finished if one.after}

    def _skip(self, wave: Sequence[Change]) -> None:
        for change in wave:
            self.outcomes.append(outcome(change, Result.SKIPPED, "the run was interrupted before"))


def _finished(step: int, end: StepEnd, *, now: float, generation: int) -> StepFinish:
    after = with_conditions(end.after, end.outcome, now=now, generation=generation) if end.after else None
    return StepFinish(step=step, outcome=end.outcome, after=after, forget=after is None)
