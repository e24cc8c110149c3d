"""What a change will cost, from history."""

from statistics import median

from reconciler.spec.record import ResourceRecord


def downtime(line: ResourceRecord | None) -> float | None:
    """Seconds that a restart or reload is expected to take: the median of the last loads."""
    return median(line.load_seconds) if line and line.load_seconds else None
