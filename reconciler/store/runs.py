"""Runs, and the generations that come of them. Every function belongs into a transaction of the caller."""

from collections.abc import Mapping
from typing import Any

from reconciler.domain.change import Action
from reconciler.domain.frozen import frozen
from reconciler.domain.outcome import Result, RunReport
from reconciler.spec.versions import SPEC_VERSION
from reconciler.store import server_configs
from reconciler.store.columns import to_json
from reconciler.store.database import Database

KEPT_GENERATIONS = 100
KEPT_RUNS = 1000
KEPT_INSTANCES = 1000
KEPT_EVENTS = 10_000

_PRUNES = {
    "DELETE FROM generations WHERE number <= (SELECT max(number) FROM generations) - ?": KEPT_GENERATIONS,
    """
    DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?
        AND id NOT IN (SELECT run FROM generations)
    """: KEPT_RUNS,
    """
    DELETE FROM instances WHERE ended_at IS NOT NULL AND instance NOT IN
        (SELECT instance FROM instances WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)
    """: KEPT_INSTANCES,
    "DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?": KEPT_EVENTS,
}
"""What old rows are removed by, and how many stay."""

_CHANGED = frozenset({Result.DONE, Result.RESTORED})


@frozen
class RunStart:
    """
    What is known of a run when it begins.

    Attributes:
        origin: where the configuration came from.
        program: name and version of this program.
        build: of llama-server.
        who: the user on whose behalf it runs.
    """

    operation: str
    plan: Mapping[str, Any]
    spec: Mapping[str, Any]
    origin: str
    program: str
    build: str
    who: str = ""


def begin(database: Database, start: RunStart, *, now: float) -> int:
    """Notes a run; returns its number."""
    cursor = database.execute(
        "INSERT INTO runs (operation, started_at, origin, program, build, who, spec_version, spec, plan) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            start.operation, now, start.origin, start.program, start.build, start.who,
            SPEC_VERSION, to_json(start.spec), to_json(start.plan),
        ),
    )  # fmt: skip
    run: int = cursor.fetchone()[0]
    return run


def finish(database: Database, run: int, result: Result, *, changed: bool, now: float) -> int:
    """Ends a run; when it changed something, what it applied becomes a generation. Returns the current generation."""
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
    database.execute(
        "INSERT INTO events (at, who, what, resource, result, detail) "
        "SELECT finished_at, who, operation, '', result, origin FROM runs WHERE id = ?",
        (run,),
    )
    for statement, kept in _PRUNES.items():
        database.execute(statement, (kept,))
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


def changed(report: RunReport) -> bool:
    """Whether a run did anything."""
    return any(one.result in _CHANGED and one.action is not Action.KEEP for one in report.outcomes)
