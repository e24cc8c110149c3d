"""
Looking at the world.

MUST NOT change anything, and MUST NOT guess: what could not be looked at is said to be unknown. MUST NOT plan or print.
"""
