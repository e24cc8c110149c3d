"""
The store: what was applied, what runs, and what is being done, in one SQLite file a fleet.

MUST write only through `Writer`, one transaction a method, and only while the caller holds the store's lock. A reader
never changes what the store says. Nothing outside of this room knows SQL, and nothing in it decides what to do.
Only numbers, texts and JSON are kept; of secrets only the HMACs that stand in applied documents.

What is named here is imported when somebody asks for it: whoever only reads does not wait for the writer.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.store.endpoints import Endpoint
    from reconciler.store.history import Event, Generation
    from reconciler.store.logs import LogLine
    from reconciler.store.metrics.writer import MetricsWriter
    from reconciler.store.models import ModelRecord
    from reconciler.store.reader import Store
    from reconciler.store.secrets import Secret
    from reconciler.store.steps import StepFinish, StepIntent
    from reconciler.store.writer import Writer

__all__ = [
    "Endpoint",
    "Event",
    "Generation",
    "LogLine",
    "MetricsWriter",
    "ModelRecord",
    "Secret",
    "StepFinish",
    "StepIntent",
    "Store",
    "Writer",
]

HOMES = {
    "Endpoint": "endpoints",
    "Event": "history",
    "Generation": "history",
    "LogLine": "logs",
    "MetricsWriter": "metrics.writer",
    "ModelRecord": "models",
    "Secret": "secrets",
    "StepFinish": "steps",
    "StepIntent": "steps",
    "Store": "reader",
    "Writer": "writer",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
