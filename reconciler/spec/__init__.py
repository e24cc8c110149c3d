"""
What a user declares, complete and frozen: settings (one class a section, one line a setting), the fleet, the record.

MUST be the only list of settings: the YAML keys, types, documentation, JSON Schema, columns and flag spellings all come
from here. MUST stay pure.
"""
