"""
One pass: look, plan, act. The meeting point of rooms that do not know each other.

MUST NOT print: it hands values from one room to the next, and to its caller.
"""
