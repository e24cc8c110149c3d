"""
The outside behind small protocols: processes, locks, files, HTTP, GPUs, the clock.

MUST NOT decide anything: it looks and acts, and says what it saw. MUST NOT know plans, configuration or the
store.
"""
