"""
Doing what a plan says.

MUST write the intent before the act and the outcome after it. MUST NOT plan, parse configuration or print: it gets a
plan and reports events.
"""
