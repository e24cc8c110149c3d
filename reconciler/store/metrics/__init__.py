"""
What was measured, second by second: `metrics.db` beside the store, which may be lost.

MUST never stop what an apply or a daemon is there for: a file that is damaged or newer than the program is set aside
and begun anew. It is written without waiting for the disk, so a loss of power may cost it; `kill -9` does not.
"""
