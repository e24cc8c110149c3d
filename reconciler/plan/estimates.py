"""What a change will cost, from history."""

from reconciler.spec.record import ResourceRecord


def downtime(line: ResourceRecord | None) -> float | None:
    """Seconds that a restart or reload is expected to take: the median of the last loads."""
    if line is None or not line.load_seconds:
        return None
    from statistics import median  # noqa: PLC0415 - most plans disturb nobody, and it brings fractions and decimals

    return median(line.load_seconds)
