"""Runs, and the generations that come of them. Every function belongs into a transaction of the caller."""

from collections.abc import Mapping
from typing import Any

from reconciler.domain.actor import Actor
from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.outcome import Result, RunReport
from reconciler.domain.revision import Revision
from reconciler.spec.versions import SPEC_VERSION
from reconciler.store import audit, server_configs
from reconciler.store.columns import marks, to_json
from reconciler.store.database import Database

KEPT_RUNS = 1000
KEPT_INSTANCES = 1000

_PRUNES = {
    """
    DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?
        AND id NOT IN (SELECT run FROM generations)
    """: KEPT_RUNS,
    """
    DELETE FROM instances WHERE ended_at IS NOT NULL AND instance NOT IN
        (SELECT instance FROM instances WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)
    """: KEPT_INSTANCES,
}
"""What old rows are removed by, and how many stay."""

_PRUNE_GENERATIONS = """
    DELETE FROM generations WHERE number <= (SELECT max(number) FROM generations) - ?
        AND number NOT IN (SELECT generation FROM hold)
        AND (SELECT rollback_to FROM runs WHERE id = ?) IS NULL
"""
"""A rollback lets none go: what it goes back to may have wanted fewer than there are today."""

_CHANGED = frozenset({Result.DONE, Result.RESTORED})


@frozen
class RunStart:
    """
    What is known of a run when it begins.

    Attributes:
        origin: where the configuration came from.
        program: name and version of this program.
        build: of llama-server.
        actor: on whose behalf it runs.
        revision: of the files, where they are in a repository.
        rollback_to: the generation that it goes back to.
    """

    operation: str
    plan: Mapping[str, Any]
    spec: Mapping[str, Any]
    origin: str
    program: str
    build: str
    actor: Actor = audit.NOBODY
    revision: Revision | None = None
    rollback_to: int | None = None


def begin(database: Database, start: RunStart, *, now: float) -> int:
    """Notes a run; returns its number."""
    row = _row(start, now)
    statement = f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks(list(row))}) RETURNING id"  # noqa: S608 - our own names
    cursor = database.execute(statement, tuple(row.values()))
    run: int = cursor.fetchone()[0]
    return run


def finish(database: Database, run: int, result: Result, *, changed: bool, now: float, kept: int | None = None) -> int:
    """
    Ends a run; when it changed something, what it applied becomes a generation. Returns the current generation.

    Args:
        kept: how many generations stay; the one that is held stays besides. All when it is not said, and those that
            are there when a rollback ends.
    """
    database.execute("UPDATE runs SET finished_at = ?, result = ? WHERE id = ?", (now, result, run))
    if changed:
        database.execute(
            "INSERT INTO generations "
            "(number, run, spec_version, spec, origin, plan, result, program, build, created_at) "
            "SELECT coalesce((SELECT max(number) FROM generations), 0) + 1, "
            "id, spec_version, spec, origin, plan, result, program, build, finished_at FROM runs WHERE id = ?",
            (run,),
        )
    database.execute("UPDATE runs SET spec = NULL, plan = NULL WHERE id = ?", (run,))
    database.execute(audit.OF_A_RUN, (run,))
    if kept is not None:
        database.execute(_PRUNE_GENERATIONS, (kept, run))
    for statement, most in _PRUNES.items():
        database.execute(statement, (most,))
    database.execute(server_configs.PRUNE)
    generation: int = database.rows("SELECT coalesce(max(number), 0) FROM generations")[0][0]
    return generation


def open_runs(database: Database) -> list[int]:
    """Runs that were cut off."""
    return [run for (run,) in database.rows("SELECT id FROM runs WHERE finished_at IS NULL ORDER BY id")]


def result_of(report: RunReport) -> Result:
    """One word for a whole run: the worst that happened."""
    results = {outcome.result for outcome in report.outcomes}
    if report.interrupted:
        return Result.INTERRUPTED
    worst = next((one for one in (Result.RESTORED, Result.FAILED) if one in results), Result.DONE)
    return Result.SKIPPED if worst is Result.DONE and report.skipped_for_safety else worst


def is_new(report: RunReport) -> bool:
    """Whether anything runs now that a run was there for, and did not go back."""
    return any(one.result is Result.DONE and one.action is not Action.KEEP for one in report.outcomes)


def changed(report: RunReport) -> bool:
    """Whether a run did anything."""
    return any(one.result in _CHANGED and one.action is not Action.KEEP for one in report.outcomes)


def _row(start: RunStart, now: float) -> dict[str, object]:
    actor, revision = start.actor, start.revision or Revision()
    return {
        "operation": start.operation,
        "started_at": now,
        "origin": start.origin,
        "program": start.program,
        "build": start.build,
        "who": actor.who,
        "user_id": actor.user_id,
        "sudo_user": actor.sudo_user,
        "host": actor.host,
        "via": actor.via,
        "commit_id": revision.commit,
        "branch": revision.branch,
        "dirty": int(revision.dirty) if revision.commit else None,
        "author": revision.author,
        "committed_at": revision.committed_at,
        "commit_problem": revision.problem,
        "rollback_to": start.rollback_to,
        "spec_version": SPEC_VERSION,
        "spec": to_json(start.spec),
        "plan": to_json(start.plan),
    }
