"""Status as JSON: for each model what the table has, its address, and the conditions."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from reconciler.domain.status import Condition, FleetStatus, ResourceStatus
from reconciler.render import FORMAT_VERSION

Json = dict[str, Any]


def status_json(status: FleetStatus) -> Json:
    """The whole fleet."""
    return {
        "format_version": FORMAT_VERSION,
        "fleet": status.fleet,
        "generation": status.generation,
        "in_sync": status.in_sync,
        "observed_at": instant(status.observed_at),
        "models": [_resource(one) for one in status.models],
        "router": _resource(status.router) if status.router else None,
        "conditions": [_condition(found) for found in status.conditions],
    }


def instant(seconds: float | None) -> str | None:
    """A point in time as RFC 3339 has it, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _resource(one: ResourceStatus) -> Json:
    return {
        "name": one.name,
        "serve": one.serve,
        "state": one.state.value,
        "ready": one.ready,
        "in_sync": one.in_sync,
        "pid": one.pid,
        "port": one.port,
        "url": one.url,
        "since": instant(one.since),
        "restarts": one.restarts,
        "memory_bytes": one.memory_bytes,
        "conditions": [_condition(found) for found in one.conditions],
    }


def _condition(found: Condition) -> Json:
    return asdict(found) | {"last_transition": instant(found.last_transition)}
