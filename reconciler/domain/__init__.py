"""
The language of the project: frozen values that every room passes to the next.

MUST stay pure: no I/O, clock, randomness or logging; a value never knows how it is shown or stored.
"""
