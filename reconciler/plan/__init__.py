"""
What would change, and why: the declared fleet and what was observed against what was last applied.

MUST stay pure: the same inputs give the same plan, on any host and at any time. MUST NOT act on what is unknown.
"""
