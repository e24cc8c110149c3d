"""What is recorded of a resource, to rows. Every function belongs into a transaction of the caller."""

from reconciler.domain.names import ResourceId, SlotUid
from reconciler.spec.record import InstanceRecord, ResourceRecord
from reconciler.store import server_configs
from reconciler.store.columns import marks, to_json, to_text
from reconciler.store.database import Database
from reconciler.store.documents import put_document

_RESOURCE = (
    "uid", "resource", "desired_running", "port", "protected", "restarts", "load_seconds", "failure_digest",
    "failure_message", "failure_at",
)  # fmt: skip
_INSTANCE = (
    "instance", "uid", "boot_id", "pid", "start_ticks", "pidfd_inode", "exe_device", "exe_inode", "port", "started_at",
    "adopted", "argv", "log", "ended_at",
)  # fmt: skip
_CONDITION = ("uid", "type", "status", "reason", "message", "last_transition", "observed_generation")


def _upsert(table: str, columns: tuple[str, ...]) -> str:
    """By the first column; rows that refer to this one stay."""
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(columns)}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({columns[0]}) DO UPDATE SET {rest}"
    )


_PUT_RESOURCE = _upsert("resources", _RESOURCE)
_PUT_INSTANCE = _upsert("instances", _INSTANCE)


def put_resource(database: Database, line: ResourceRecord, *, now: float) -> None:
    """Makes the store say what the line says, its instance and conditions included."""
    # Whoever is recorded last with a port listens on it; two that swap theirs meet here between their steps.
    database.execute("UPDATE resources SET port = NULL WHERE port = ? AND uid <> ?", (line.port, line.uid))
    # Of two slots of one resource the other one is that of an older store that came back.
    database.execute("DELETE FROM resources WHERE resource = ? AND uid <> ?", (line.resource, line.uid))
    database.execute(_PUT_RESOURCE, _resource_row(line))
    put_document(database, line.uid, line.resource, line.applied)
    database.execute("DELETE FROM conditions WHERE uid = ?", (line.uid,))
    database.execute_many(
        f"INSERT INTO conditions ({', '.join(_CONDITION)}) VALUES ({marks(_CONDITION)})",  # noqa: S608 - our own names
        [
            (line.uid, one.type, one.status, one.reason, one.message, one.last_transition, one.observed_generation)
            for one in line.conditions
        ],
    )
    _put_instance(database, line.uid, line.instance, now)


def note_instance(database: Database, uid: SlotUid, resource: ResourceId, instance: InstanceRecord) -> None:
    """Records a process that was just spawned; what was applied before stays until it is ready."""
    database.execute(
        "INSERT INTO resources (uid, resource, desired_running, protected, restarts, load_seconds) "
        "VALUES (?, ?, 1, 0, 0, '[]') ON CONFLICT (uid) DO NOTHING",
        (uid, resource),
    )
    _put_instance(database, uid, instance, instance.started_at)


def forget_slot(database: Database, uid: SlotUid) -> None:
    """Removes a resource with all that is recorded of it."""
    database.execute("DELETE FROM resources WHERE uid = ?", (uid,))


def forget(database: Database, resource: ResourceId) -> None:
    """The same by the name that it has now."""
    database.execute("DELETE FROM resources WHERE resource = ?", (resource,))
    database.execute(server_configs.PRUNE)


def _put_instance(database: Database, uid: SlotUid, instance: InstanceRecord | None, now: float) -> None:
    database.execute(
        "UPDATE instances SET ended_at = ? WHERE uid = ? AND ended_at IS NULL AND instance IS NOT ?",
        (now, uid, instance.instance if instance else None),
    )
    if instance:
        database.execute(_PUT_INSTANCE, _instance_row(uid, instance))


def _resource_row(line: ResourceRecord) -> tuple[object, ...]:
    failure = line.failure
    return (
        line.uid,
        line.resource,
        int(line.desired_running),
        line.port,
        int(line.protected),
        line.restarts,
        to_json(line.load_seconds),
        *((failure.digest, failure.message, failure.at) if failure else (None, None, None)),
    )


def _instance_row(uid: SlotUid, one: InstanceRecord) -> tuple[object, ...]:
    device, inode = one.identity.exe_inode or (None, None)
    return (
        one.instance,
        uid,
        one.identity.boot_id,
        one.identity.pid,
        one.identity.start_ticks,
        to_text(one.identity.pidfd_inode),
        to_text(device),
        to_text(inode),
        one.port,
        one.started_at,
        int(one.adopted),
        to_json(one.argv),
        one.log,
        None,
    )
