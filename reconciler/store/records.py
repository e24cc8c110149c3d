"""Rows to the record, in as many queries as there are tables, whatever the number of resources."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import InstanceId, ResourceId, SlotUid
from reconciler.domain.status import Condition
from reconciler.spec.record import Applied, Failure, InstanceRecord, OpenStep, Record, ResourceRecord
from reconciler.spec.versions import SPEC_VERSION, upcast
from reconciler.store import holds, metadata
from reconciler.store.columns import from_json, to_int, unreadable
from reconciler.store.database import Database, Row
from reconciler.store.documents import Documents

_RESOURCES = """
    SELECT resources.uid, resource, desired_running, resources.port, protected, restarts,
        failure_digest, failure_message, failure_at,
        instance, boot_id, pid, start_ticks, pidfd_inode, exe_device, exe_inode, instances.port, started_at, adopted,
        log, load_seconds, argv
    FROM resources LEFT JOIN instances ON instances.uid = resources.uid AND ended_at IS NULL
    ORDER BY resource
"""
_CONDITIONS = """
    SELECT uid, type, status, reason, message, last_transition, observed_generation FROM conditions ORDER BY uid, type
"""
_OPEN_STEPS = """
    SELECT id, resource, uid, action, instance, spec_version, serve, applied FROM steps
    WHERE finished_at IS NULL ORDER BY id
"""


def read_record(database: Database) -> Record:
    """
    All that a plan compares with, of one moment.

    Raises:
        StoreError: the file is damaged, or holds documents of a newer program.
    """
    with database.reading():
        facts = metadata.read(database)
        resources = database.rows(_RESOURCES)
        documents = Documents(database).all()
        conditions = database.rows(_CONDITIONS)
        steps = database.rows(_OPEN_STEPS)
        hold = holds.read(database)
        generation = database.rows("SELECT coalesce(max(number), 0) FROM generations")[0][0]
    return Record(
        lineage=facts.get("lineage", ""),
        serial=_number(facts, "serial") or 0,
        fleet=facts.get("fleet", ""),
        origin=facts.get("origin", ""),
        generation=generation,
        max_stop=_number(facts, "max_stop"),
        hold=hold,
        resources=_resources(resources, documents, _conditions(conditions)),
        open_steps=_open_steps(steps),
        migration_pending=_pending(database.pending),
    )


def _resources(
    rows: list[Row], documents: Mapping[str, Applied], conditions: Mapping[str, tuple[Condition, ...]]
) -> dict[ResourceId, ResourceRecord]:
    loads = from_json((row[-2] for row in rows), "resources.load_seconds")
    argvs = from_json((row[-1] for row in rows), "instances.argv")
    return {
        ResourceId(row[1]): _resource(
            row, _today(documents.get(row[0])), tuple(load), tuple(argv or ()), conditions.get(row[0], ())
        )
        for row, load, argv in zip(rows, loads, argvs, strict=True)
    }


def _resource(
    row: Row,
    applied: Applied | None,
    load: tuple[float, ...],
    argv: tuple[str, ...],
    conditions: tuple[Condition, ...],
) -> ResourceRecord:
    uid, resource, desired, port, protected, restarts, digest, message, failed_at, *instance = row[:-2]
    return ResourceRecord(
        resource=resource,
        uid=SlotUid(uid),
        applied=applied,
        instance=_instance(instance, argv) if instance[0] else None,
        desired_running=bool(desired),
        port=port,
        protected=bool(protected),
        restarts=restarts,
        failure=None if failed_at is None else Failure(digest=digest, message=message, at=failed_at),
        load_seconds=load,
        conditions=conditions,
    )


def _instance(row: list[Any], argv: tuple[str, ...]) -> InstanceRecord:
    instance, boot, pid, ticks, pidfd, device, inode, port, started_at, adopted, log = row
    return InstanceRecord(
        instance=InstanceId(instance),
        identity=ProcessIdentity(
            boot_id=boot,
            pid=pid,
            start_ticks=ticks,
            pidfd_inode=to_int(pidfd),
            exe_inode=None if device is None else (int(device), int(inode)),
        ),
        port=port,
        started_at=started_at,
        adopted=bool(adopted),
        argv=argv,
        log=log,
    )


def _today(applied: Applied | None) -> Applied | None:
    """In today's form: a record never shows that it was written by an older program."""
    if applied is None or applied.spec_version == SPEC_VERSION:
        return applied
    return replace(applied, spec_version=SPEC_VERSION, document=upcast(applied.document, applied.spec_version))


def _conditions(rows: list[Row]) -> dict[str, tuple[Condition, ...]]:
    by_uid: dict[str, list[Condition]] = defaultdict(list)
    for uid, kind, status, reason, message, last_transition, generation in rows:
        one = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=message,
            last_transition=last_transition,
            observed_generation=generation,
        )
        by_uid[uid].append(one)
    return {uid: tuple(found) for uid, found in by_uid.items()}


def _open_steps(rows: list[Row]) -> tuple[OpenStep, ...]:
    documents = from_json((row[-1] for row in rows), "steps.applied")
    return tuple(
        OpenStep(
            step=step,
            resource=ResourceId(resource),
            uid=SlotUid(uid),
            action=action,
            instance=InstanceId(instance) if instance else None,
            applied=_today(Applied(spec_version=version, serve=serve, document=document)) if version else None,
        )
        for (step, resource, uid, action, instance, version, serve, _), document in zip(rows, documents, strict=True)
    )


def _number(facts: Mapping[str, str], key: str) -> int | None:
    if (text := facts.get(key)) is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise unreadable(f"metadata.{key}", f"expected a number, got `{text}`") from error


def _pending(count: int) -> str:
    steps = "1 step" if count == 1 else f"{count} steps"
    return f"`reconcile apply` migrates the store ({steps}), after a backup of it" if count else ""
