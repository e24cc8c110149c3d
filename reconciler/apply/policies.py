"""The times that hold for a process: those with which it was applied, not those that are declared by now."""

from reconciler.spec.document import read_back
from reconciler.spec.policy import HealthPolicy
from reconciler.spec.record import Applied


def policy_of(applied: Applied | None) -> HealthPolicy:
    """How long it may take to come and to go; llama-server's usual times where nothing was applied."""
    if applied is None:
        return HealthPolicy()
    parts = read_back(applied)
    owner = parts.router or parts.model
    return owner.health if owner else HealthPolicy()
