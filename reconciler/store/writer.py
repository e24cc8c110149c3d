"""
The one writer. Each method is one transaction that is on the disk when it returns.

Nothing is written before `begin_run`, so a run that has nothing to do leaves no trace.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from reconciler.domain.actor import Actor
from reconciler.domain.hold import Hold
from reconciler.domain.names import ResourceId
from reconciler.domain.outcome import Outcome, Result, RunReport
from reconciler.domain.revision import Revision
from reconciler.spec.base import Spec
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import InstanceRecord, ResourceRecord
from reconciler.store import (
    audit,
    declarations,
    documents,
    endpoints,
    holds,
    logs,
    metadata,
    resources,
    runs,
    secrets,
    steps,
)
from reconciler.store.database import Database
from reconciler.store.endpoints import Endpoint
from reconciler.store.layout import read_lineage, write_lineage
from reconciler.store.logs import LogLine
from reconciler.store.migrating import note_migration
from reconciler.store.reader import Reader
from reconciler.store.secrets import Secret
from reconciler.store.steps import StepFinish, StepIntent


class Writer(Reader):
    """
    A store that can be written, for the holder of the store's lock, on the thread that opened it.

    Every method raises StoreError when the host refuses; the store says then what it said before.
    """

    def __init__(self, database: Database, actor: Actor = audit.NOBODY) -> None:
        super().__init__(database)
        self._actor = actor

    @classmethod
    def open(
        cls, directory: Path, *, now: float, fleet: str, lineage: str | None = None, actor: Actor = audit.NOBODY
    ) -> Self:
        """
        Opens the store of a directory; makes it, or brings it to today's form, where needed.

        Args:
            lineage: as living children carry it; wins over what the store and `run/lineage` say.
            actor: on whose behalf everything is written, for the audit.

        Raises:
            StoreError: newer than the program, damaged, held by another, or on a disk that is full or read-only.
        """
        database = Database.for_writing(directory, now=now)
        try:
            note_migration(database, actor, now=now)
            _settle_lineage(database, directory, lineage=lineage or "", fleet=fleet, now=now)
        except BaseException:
            database.close()
            raise
        return cls(database, actor)

    @property
    def backup(self) -> Path | None:
        """What was there before, where this opening has migrated it."""
        return self._database.backup

    def begin_run(  # noqa: PLR0913 - the facts of a run, each by name
        self,
        *,
        operation: str,
        plan: Mapping[str, Any],
        fleet_document: Mapping[str, Any],
        origin: str,
        program: str,
        build: str,
        now: float,
        revision: Revision | None = None,
        hold: Hold | None = None,
    ) -> int:
        """
        Notes that a run begins, and with what; returns its number.

        Args:
            origin: where the configuration came from; recorded as the fleet's from here on.
            program: name and version of this program.
            build: of llama-server.
            revision: of the files, where they are in a repository.
            hold: what is held from before the first act on, because this run goes back to it.
        """
        start = runs.RunStart(
            operation=operation,
            plan=plan,
            spec=fleet_document,
            origin=origin,
            program=program,
            build=build,
            actor=self._actor,
            revision=revision,
            rollback_to=hold.generation if hold else None,
        )
        with self._database.writing():
            if metadata.read(self._database).get("origin") != origin:
                metadata.put(self._database, "origin", origin)
                metadata.raise_serial(self._database)
            if hold is not None:
                holds.put(self._database, hold)
                metadata.raise_serial(self._database)
            return runs.begin(self._database, start, now=now)

    def begin_steps(self, run: int, intents: Sequence[StepIntent], now: float) -> dict[ResourceId, int]:
        """Journals what is about to be done, all of it before any of it; returns the number of each step."""
        with self._database.writing():
            metadata.raise_serial(self._database)
            return steps.begin(self._database, run, intents, now=now)

    def note_instance(self, step: int, instance: InstanceRecord) -> None:
        """Records the process that a step has just spawned; the one before it in the slot is over."""
        with self._database.writing():
            uid, resource = steps.owner_of(self._database, step)
            resources.note_instance(self._database, uid, resource, instance)
            metadata.raise_serial(self._database)

    def finish_step(
        self, step: int, outcome: Outcome, after: ResourceRecord | None, *, now: float, forget: bool = False
    ) -> None:
        """Closes a step and records what is true of its resource from now on; see `StepFinish`."""
        self.finish_steps((StepFinish(step=step, outcome=outcome, after=after, forget=forget),), now=now)

    def finish_steps(self, finished: Sequence[StepFinish], *, now: float) -> None:
        """Closes several steps at once, for models that a single call of the router changed."""
        with self._database.writing():
            self._finish(finished, now)

    def turn_back(
        self, run: int, finished: Sequence[StepFinish], intents: Sequence[StepIntent], *, now: float
    ) -> dict[ResourceId, int]:
        """Closes steps that failed and journals, in the same write, what is about to be done for the way back."""
        with self._database.writing():
            self._finish(finished, now)
            return steps.begin(self._database, run, intents, now=now)

    def _finish(self, finished: Sequence[StepFinish], now: float) -> None:
        for one in finished:
            steps.finish(self._database, one.step, one.outcome.result, one.outcome.message, now=now)
            if one.forget:
                resources.forget_slot(self._database, steps.owner_of(self._database, one.step)[0])
            elif one.after:
                resources.put_resource(self._database, one.after, now=now)
        metadata.raise_serial(self._database)

    def put(self, line: ResourceRecord, now: float) -> None:
        """Records what was learned of a resource without a step: an adopted process, a death, a new policy."""
        with self._database.writing():
            resources.put_resource(self._database, line, now=now)
            metadata.raise_serial(self._database)

    def refresh(self, run: int, lines: Iterable[ResourceRecord], now: float) -> None:
        """Records what a run changes of resources without touching what runs."""
        with self._database.writing():
            for line in lines:
                resources.put_resource(self._database, line, now=now)
                self._database.execute(audit.OF_A_LINE, (now, line.resource, run))
            metadata.raise_serial(self._database)

    def finish_run(
        self,
        run: int,
        report: RunReport,
        now: float,
        *,
        fleet: FleetSpec | None = None,
        hold: Hold | None = None,
        refreshed: bool = False,
    ) -> int:
        """
        Ends a run; returns the number of its generation, or of the current one when it changed nothing.

        Args:
            fleet: whose server section and logging are the declared ones from now on, and whose limit holds for
                generations; without it all stay.
            hold: what is held once anything of the run is in place; nothing ends what was held before.
            refreshed: whether the record was changed besides what the report says.
        """
        changed = refreshed or runs.changed(report)
        with self._database.writing():
            if fleet is not None:
                declarations.put(self._database, fleet)
            if (refreshed or runs.is_new(report)) and hold != holds.read(self._database):
                holds.put(self._database, hold)
                metadata.raise_serial(self._database)
            return runs.finish(
                self._database,
                run,
                runs.result_of(report),
                changed=changed,
                now=now,
                kept=fleet.history.generations if fleet else None,
            )

    def note_fleet(self, fleet: FleetSpec, now: float, what: str = "apply") -> None:
        """
        Records what is declared for the fleet as a whole by a run that has nothing else to do.

        Args:
            what: the operation, for the audit.
        """
        with self._database.reading():
            known = declarations.is_known(self._database, fleet)
        if not known:
            with self._database.writing():
                declarations.put(self._database, fleet)
                audit.note(self._database, self._actor, what, "recorded `server`, `logging` and `safety`", at=now)

    def set_hold(self, hold: Hold | None, what: str, now: float) -> None:
        """
        Holds a generation, or none any more, where no run does that; writes nothing when it is so already.

        Args:
            what: the operation, for the audit.
        """
        with self._database.reading():
            before = holds.read(self._database)
        if hold == before or (hold and hold.is_same(before)):
            return
        said = f"generation {hold.generation} is held" if hold else ""
        said = said or (f"generation {before.generation} is held no more" if before else "")
        with self._database.writing():
            holds.put(self._database, hold)
            metadata.raise_serial(self._database)
            audit.note(self._database, self._actor, what, said, at=now)

    def note_architectures(self, found: Mapping[str, str]) -> None:
        """Records what was learned of model files, by path, since they were applied."""
        with self._database.writing():
            self._database.execute_many(
                "UPDATE model_files SET architecture = ? WHERE path = ?", [(kind, path) for path, kind in found.items()]
            )

    def put_section(self, resource: ResourceId, section: str, spec: Spec) -> None:
        """
        Replaces one section of a model that was applied.

        Raises:
            StoreError: nothing was applied under that name.
        """
        with self._database.writing():
            documents.put_section(self._database, resource, section, spec.document())
            metadata.raise_serial(self._database)

    def forget(self, resource: ResourceId) -> None:
        """Removes a resource with everything that is recorded of it, and the server sections that it alone used."""
        with self._database.writing():
            resources.forget(self._database, resource)
            metadata.raise_serial(self._database)

    def note_facts(self, facts: Mapping[str, str], what: str, now: float) -> None:
        """
        Adds facts to the metadata; those that the store itself lives by cannot be replaced.

        Args:
            what: the operation, for the audit.
        """
        with self._database.writing():
            for key in facts.keys() - metadata.OWN:
                metadata.put(self._database, key, facts[key])
            audit.note(self._database, self._actor, what, at=now)

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Records a server that somebody else runs, or what it is now."""
        with self._database.writing():
            endpoints.put(self._database, endpoint)

    def forget_endpoint(self, name: str) -> None:
        """Removes an endpoint."""
        with self._database.writing():
            endpoints.forget(self._database, name)

    def put_secret(self, secret: Secret) -> None:
        """Keeps a secret that was encrypted elsewhere."""
        with self._database.writing():
            secrets.put(self._database, secret)

    def forget_secret(self, name: str) -> None:
        """Removes a secret."""
        with self._database.writing():
            secrets.forget(self._database, name)

    def log(self, lines: Iterable[LogLine]) -> None:
        """Keeps messages of the program, and lets the oldest go."""
        with self._database.writing():
            logs.add(self._database, lines)

    def abandon_open_steps(self, now: float, *, but: Collection[int] = ()) -> None:
        """
        Closes what runs that were cut off left open. Call it once their processes were found and are recorded.

        Args:
            but: steps that nobody has looked into yet.
        """
        with self._database.reading():
            open_steps = [step for step in steps.open_steps(self._database) if step not in but]
            open_runs = runs.open_runs(self._database)
        if not (open_steps or open_runs):
            return
        with self._database.writing():
            for step in open_steps:
                steps.finish(self._database, step, Result.INTERRUPTED, "the run was cut off", now=now)
            for run in open_runs:
                changed = steps.changed_something(self._database, run)
                runs.finish(self._database, run, Result.INTERRUPTED, changed=changed, now=now)
            metadata.raise_serial(self._database)


def _settle_lineage(database: Database, directory: Path, *, lineage: str, fleet: str, now: float) -> None:
    """The store knows its lineage before anybody can start a child with it, and so does the file beside it."""
    beside = read_lineage(directory)
    settled = metadata.settle(database, lineage=lineage, beside=beside, fleet=fleet, now=now)
    if settled != beside:
        write_lineage(directory, settled)
