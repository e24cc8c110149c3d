"""Names that a plan gives, derived and not drawn, so that plans are pure: uids of resources, texts of processes."""

import hashlib

from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import ResourceId, SlotUid
from reconciler.spec.record import Record

NOBODY = "-"
GROUPS = (8, 4, 4, 4, 12)
"""Lengths of the parts of a uuid in its usual form."""


def new_slot(record: Record, resource: ResourceId) -> SlotUid:
    """A uid that no other resource of any store has: the serial rises before the same name is new again."""
    rest = hashlib.sha256(f"{record.lineage}|{record.serial}|{resource}".encode()).hexdigest()
    parts = []
    for length in GROUPS:
        parts.append(rest[:length])
        rest = rest[length:]
    return SlotUid("-".join(parts))


def identity_text(identity: ProcessIdentity | None) -> str:
    """`pid:start_ticks:inode` of a process, `-` where nothing runs."""
    if identity is None:
        return NOBODY
    return f"{identity.pid}:{identity.start_ticks}:{identity.pidfd_inode or NOBODY}"
