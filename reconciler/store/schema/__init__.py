"""
The tables, as the migrations make them. A statement that was released is never edited: its checksum stands in stores.

Times are seconds since the epoch. Inodes and devices are unsigned in the kernel and signed in SQLite, so they are kept
as decimal texts. JSON is for lists, mappings, and what is read as a whole.
"""

from reconciler.store.schema.carried_over import CARRIED_OVER
from reconciler.store.schema.first import FIRST
from reconciler.store.schema.fleet import FLEET, LATER
from reconciler.store.schema.history import HISTORY
from reconciler.store.schema.models import MODELS
from reconciler.store.schema.odd import ODD
from reconciler.store.schema.resources import RESOURCES

__all__ = ["FIRST", "HISTORY", "NORMALIZED"]

NORMALIZED = (*RESOURCES, *MODELS, *FLEET, *ODD, *CARRIED_OVER, *LATER)
