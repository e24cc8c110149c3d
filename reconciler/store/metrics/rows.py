"""Samples as rows: the columns are the fields, by the same names."""

from typing import Any

from reconciler.domain.frozen import fields_of
from reconciler.domain.metrics import GpuSample, HostSample, ModelSample

HOST = fields_of(HostSample)
PARTS: dict[str, tuple[str, ...]] = {"metrics_gpus": fields_of(GpuSample), "metrics_models": fields_of(ModelSample)}
"""The tables of what belongs to a sample, with their columns."""


def values(sample: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """A sample as a row."""
    return tuple([getattr(sample, name) for name in names])


def insert(table: str, columns: tuple[str, ...]) -> str:
    """The statement for such a row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names
