"""
What must hold whatever happens, each with its number in the list of invariants (docs/reliability.md).

Some can be seen at one moment (before a process is started, before anything is changed), some after a pass, some only
once everything has come to rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.domain.change import Reason
from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import ROUTER
from reconciler.domain.outcome import Result
from reconciler.errors import ConfigError
from reconciler.llama.argv import after
from reconciler.runtime.ports import Command
from tests.simulation import journal
from tests.simulation.expected import Facts, Wanted, alias_of, facts_of, without_port
from tests.simulation.passes import Pass, Seen
from tests.simulation.router_answers import RUNNING

CANARY = "canary-5d1f0e77"
"""A part of every secret that there is."""

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

Check = Callable[["Simulation", Pass], Iterator[str]]
AFTER_PASS: list[tuple[str, Check]] = []
AT_REST: list[tuple[str, Check]] = []


def after_each(*numbers: str) -> Callable[[Check], Check]:
    """Looked at after every pass."""
    return _noted(AFTER_PASS, numbers)


def when_settled(*numbers: str) -> Callable[[Check], Check]:
    """Looked at when nothing is done any more."""
    return _noted(AT_REST, numbers)


def _noted(checks: list[tuple[str, Check]], numbers: tuple[str, ...]) -> Callable[[Check], Check]:
    def note(check: Check) -> Check:
        checks.append(("/".join(numbers), check))
        return check

    return note


def after_pass(sim: "Simulation", done: Pass) -> None:
    """Raises a violation of what a pass must not have done."""
    _all(AFTER_PASS, sim, done)


def at_rest(sim: "Simulation", done: Pass) -> None:
    """Raises a violation of what has to be true in the end."""
    _all(AT_REST, sim, done)


def _all(checks: list[tuple[str, Check]], sim: "Simulation", done: Pass) -> None:
    for number, check in checks:
        sim.counts[f"check {number}"] += 1
        for what in check(sim, done):
            sim.fail(number, f"{check.__name__}: {what}")


# --- at one moment


def before_spawn(sim: "Simulation", command: Command) -> None:
    """Nothing of the slot lives, and the journal knows what is about to be started."""
    slot, name = command.environment["RECONCILE_SLOT"], alias_of(tuple(command.argv))
    for one in sim.seen().values():
        if one.ours and one.slot == slot:
            sim.fail("I1", f"a second process for slot {slot} beside {one.pid} {one.argv}")
        if one.ours and name and alias_of(one.argv) == name:
            sim.fail("I1", f"a second process for {name} beside {one.pid} {one.argv}")
    if command.environment["RECONCILE_INSTANCE"] not in {known for _, _, known in journal.open_steps(sim.store)}:
        sim.fail("I30", f"{command.argv} is started without a row of its own in the journal")


def before_effect(sim: "Simulation", name: str) -> None:
    """The journal knows that something is about to be done."""
    if not journal.open_steps(sim.store):
        sim.fail("I30", f"{name}, and no step is open")


# --- after a pass


@after_each("I2", "I3", "I4", "I35")
def only_ours_are_signalled(sim: "Simulation", done: Pass) -> Iterator[str]:
    for one in done.signals:
        if one.program is not None and not one.target.ours and one.target not in sim.adopted:
            yield f"signal {one.number} to {one.target.pid} {one.target.argv}"


@after_each("I1")
def who_runs_in_a_slot_holds_its_lock(sim: "Simulation", _: Pass) -> Iterator[str]:
    for one in sim.host.kernel.processes():
        if one.ours and not one.zombie and one.marks and one.lock_slot != one.marks.slot:
            yield f"{one.pid} {one.argv} holds the lock of {one.lock_slot or 'no slot'}"


@after_each("I15")
def nothing_is_done_without_a_whole_picture(_: "Simulation", done: Pass) -> Iterator[str]:
    if done.blind:
        yield from done.effects


@after_each("I20", "I18")
def an_invalid_file_changes_nothing(_: "Simulation", done: Pass) -> Iterator[str]:
    if isinstance(done.error, ConfigError):
        yield from done.effects


@after_each("I28")
def no_secret_is_told(sim: "Simulation", done: Pass) -> Iterator[str]:
    if any(CANARY in word for one in done.spawns for word in one.process.argv):
        yield "in a command line"
    if CANARY in f"{done.report!r}{done.error!r}{vars(done.error) if done.error else ''}":
        yield f"in what is reported: {done.report or done.error}"
    if CANARY.encode() in done.store_after:
        yield "in the store"
    if texts := [path for path, text in sim.host.disk.texts.items() if CANARY.encode() in text]:
        yield f"in {texts}"


@after_each("I11")
def the_unchanged_is_left_alone(sim: "Simulation", done: Pass) -> Iterator[str]:
    if done.fleet is None or not done.alone:
        return
    for one in done.before.values():
        # Who was told to end before serves nobody any more.
        if one.born in done.hit - _told_before(sim, done) and _as_declared(sim, done, one):
            yield f"{one.pid} {one.argv} was as declared"


def _told_before(sim: "Simulation", done: Pass) -> set[ProcessIdentity]:
    """Processes that earlier runs of our program have signalled."""
    signals = sim.host.kernel.signals
    return {one.target.identity for one in signals[: len(signals) - len(done.signals)] if one.program}


def _as_declared(sim: "Simulation", done: Pass, one: Seen) -> bool:
    """Whether a process with a slot of its own was made from exactly what the files say."""
    born, fleet, name = sim.births.get(one.born), done.fleet, alias_of(one.argv)
    if born is None or born.files is None or fleet is None or done.wanted is None:
        return False
    model = fleet.spec.models.get(name)
    wanted = done.wanted.router if one.is_router else done.wanted.dedicated.get(name)
    port = model.port if model else fleet.spec.active_router.port if fleet.spec.active_router else None
    same_port = port is None or str(port) in one.argv
    return without_port(one.argv) == wanted and same_port and born.agrees(facts_of(sim.host, model, sim.secret))


@after_each("I10")
def applied_twice_the_second_does_nothing(sim: "Simulation", done: Pass) -> Iterator[str]:
    rest = sim.resting
    if rest is None or not done.calm or rest != sim.config.read_text(encoding="utf-8"):
        return
    yield from done.effects
    if done.store_before != done.store_after:
        yield "the store was written"
    if done.error is not None:
        yield f"it ends with {done.error}"


@after_each("I5")
def our_own_end_ends_nothing(sim: "Simulation", done: Pass) -> Iterator[str]:
    """All that our program ever started, this time too; the end of a stranger is its own, or a signal (I2)."""
    if not (done.killed and done.sound):
        return
    lived = {one.born for one in done.before.values()} | done.begun
    dying = {one.target.identity for one in sim.host.kernel.signals}
    for one in (spawned.process for spawned in sim.host.kernel.spawns):
        # One that cannot serve, for its port is taken, says so with a code of its own.
        if one.identity in lived - dying and one.exit and not one.exit.code:
            yield f"{one.pid} {one.argv} is gone"


@after_each("I19")
def what_is_served_does_not_end_by_the_dozen(_: "Simulation", done: Pass) -> Iterator[str]:
    # Models are counted, as `max_stop` does: the router serves nobody by itself.
    served = done.served - {ROUTER}
    if done.insists or not done.calm or len(served) < 3:
        return
    ended = {one.resource for one in done.outcomes if one.action in {"stop", "forget"} and one.result is Result.DONE}
    if len(ended & served) * 100 > 50 * len(served):
        yield f"{sorted(ended)} of {sorted(served)}"


@after_each("I27")
def the_protected_go_on(_: "Simulation", done: Pass) -> Iterator[str]:
    if done.fleet is None:
        return
    declared = {name for name, model in done.fleet.spec.models.items() if model.enabled}
    moved = {model.moved_from for model in done.fleet.spec.models.values()}
    for one in done.before.values():
        left = alias_of(one.argv) not in declared | moved and not one.is_router
        if left and one.slot in done.protected and one.born in done.hit:
            yield f"{one.pid} {one.argv}"


@after_each("I22")
def what_is_restored_runs(_: "Simulation", done: Pass) -> Iterator[str]:
    begun = {one.process.pid for one in done.spawns}
    for one in done.outcomes:
        if one.result is not Result.RESTORED:
            continue
        if not done.takes_back and one.pid not in begun and (one.pid is not None or one.port is None):
            yield f"{one.resource} is said to be restored, and nothing was started"
        if done.calm and one.pid is not None and one.pid not in done.after:
            yield f"{one.resource} is said to be restored, and does not run"


@after_each("I23")
def a_way_back_is_no_success(_: "Simulation", done: Pass) -> Iterator[str]:
    results = {one.result for one in done.outcomes}
    if done.report and not done.report.interrupted:
        if Result.RESTORED in results and done.report.exit_code != 5:
            yield f"exit {done.report.exit_code} after a way back"
        if Result.FAILED in results and done.report.exit_code not in {4, 5}:
            yield f"exit {done.report.exit_code} after a failure"


# --- in the end


@when_settled("I9", "I12", "I13")
def it_is_as_declared(sim: "Simulation", done: Pass) -> Iterator[str]:
    want, kept = done.wanted, _kept(sim, done)
    if want is None:
        return
    own = {alias_of(one.argv): one for one in _ours(done) if not one.is_router and not one.inside}
    held = _held(done)
    for name, argv in want.dedicated.items():
        if name in held:
            continue
        if name not in own:
            yield f"{name} does not run"
        elif without_port(own[name].argv) != argv:
            yield f"{name} runs as {own[name].argv}, declared is {argv}"
        elif (born := sim.births.get(own[name].born)) and not born.agrees(_facts(sim, done, name)):
            yield f"{name} is made from {born}, there is {_facts(sim, done, name)}"
    for name in own.keys() - want.dedicated.keys():
        if own[name].slot not in kept:
            yield f"{name} runs, which nobody declares"
    yield from _router_as_declared(sim, done, want, kept)


def _facts(sim: "Simulation", done: Pass, name: str) -> Facts:
    model = done.fleet.spec.models.get(name) if done.fleet else None
    return facts_of(sim.host, model, sim.secret)


def _ours(done: Pass) -> list[Seen]:
    return [one for one in done.after.values() if one.ours]


def _kept(sim: "Simulation", done: Pass) -> set[str]:
    """Slots that may run although nobody declares them: the protected."""
    return {*journal.protected(sim.store), *_kept_by_plan(done)}


def _kept_by_plan(done: Pass) -> set[str]:
    changes = done.plan.changes if done.plan else ()
    return {one.slot for one in changes if one.slot and one.reason is Reason.PROTECTED}


def _held(done: Pass) -> set[str]:
    """Names that the plan leaves as they are for the sake of a protected model, and says so."""
    changes = done.plan.changes if done.plan else ()
    return {one.resource.partition("/")[2] for one in changes if one.reason in {Reason.PROTECTED, Reason.BLOCKED}}


def _wrong_section(found: tuple[str, dict[str, str]] | None, keys: Mapping[str, str], *, loaded: bool) -> str:
    if found is None:
        return "is not listed"
    status, section = found
    if {key: value for key, value in section.items() if key != "log-file"} != keys:
        return f"has {section}, declared is {keys}"
    return f"is {status}" if loaded and status != "loaded" else ""


def _router_as_declared(sim: "Simulation", done: Pass, want: Wanted, kept: set[str]) -> Iterator[str]:
    routers = [one for one in _ours(done) if one.is_router]
    if want.router is None:
        if routers and not kept:
            yield f"the router runs, which nobody declares: {routers[0].argv}"
        return
    if not routers:
        yield "the router does not run"
        return
    if without_port(routers[0].argv) != want.router:
        yield f"the router runs as {routers[0].argv}, declared is {want.router}"
    listed = sim.router_models()
    held = _held(done)
    # One that a request has evicted comes back once a place is free.
    full = 0 < int(after("--models-max", routers[0].argv)) <= sum(one in RUNNING for one, _ in listed.values())
    for name in want.sections.keys() - held:
        if what := _wrong_section(listed.get(name), want.sections[name], loaded=name in want.always and not full):
            yield f"{name} in the router: {what}"
    if (more := listed.keys() - want.sections.keys()) and not kept:
        yield f"the router lists {sorted(more)}, which nobody declares"


@when_settled("I1", "I7", "I8")
def one_process_a_slot(_: "Simulation", done: Pass) -> Iterator[str]:
    carriers = Counter(one.slot for one in _ours(done) if not one.inside)
    yield from (f"{count} processes for slot {slot}" for slot, count in carriers.items() if count > 1)


@when_settled("I9", "I12")
def nobody_is_left_half_ended(sim: "Simulation", done: Pass) -> Iterator[str]:
    """Told to end by a run that was cut off, it listens no more and lives."""
    kept, told = _kept(sim, done), _told_before(sim, done)
    for one in sim.host.kernel.processes():
        ending = one.ours and not one.zombie and getattr(one.behaviour, "terminated", False)
        if ending and one.identity in told and not (one.marks and one.marks.slot in kept):
            yield f"{one.pid} {one.argv}"


@when_settled("I12", "I30")
def the_journal_is_closed(sim: "Simulation", done: Pass) -> Iterator[str]:
    # Nobody looks into the section of what is protected and declared by nobody: what is in doubt stays in doubt.
    kept = _kept_by_plan(done)
    yield from (f"step {step} has no end" for step in journal.open_steps(sim.store) if step[0] not in kept)
    yield from (f"run {run} has no end" for (run,) in journal.open_runs(sim.store))


@when_settled("I12")
def the_record_is_true(sim: "Simulation", done: Pass) -> Iterator[str]:
    alive = {(one.pid, one.instance) for one in _ours(done)}
    recorded = journal.instances(sim.store)
    spec = done.fleet.spec if done.fleet else None
    declared = {f"model/{name}" for name, one in spec.models.items() if one.enabled} if spec else set()
    declared |= {"router"} if spec and spec.active_router else set()
    for resource, pid, instance in recorded:
        if (pid, instance) not in alive and resource in declared:
            yield f"{resource} is recorded as process {pid}, which is not there"
    for one in _ours(done):
        if (
            one.slot not in _kept(sim, done)
            and not one.inside
            and (one.pid, one.instance) not in {(pid, mark) for _, pid, mark in recorded}
        ):
            yield f"process {one.pid} {one.argv} is not recorded"
