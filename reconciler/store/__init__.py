"""
The store: what was applied, what runs, and what is being done, in one SQLite file a fleet.

MUST write only through `Writer`, one transaction a method, and only while the caller holds the store's lock. A reader
never changes what the store says. Nothing outside of this room knows SQL, and nothing in it decides what to do.
Only numbers, texts and JSON are kept; of secrets only the HMACs that stand in applied documents.
"""

from reconciler.store.history import Event, Generation
from reconciler.store.reader import Store
from reconciler.store.steps import StepFinish, StepIntent
from reconciler.store.writer import Writer

__all__ = ["Event", "Generation", "StepFinish", "StepIntent", "Store", "Writer"]
