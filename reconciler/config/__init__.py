"""
From files to a fleet: reading, merging, validation, cross-field rules, each with the place of what is wrong.

MUST report every problem that it can find in one go, as diagnostics, and never end in anything but a `ConfigError`.
YAML enters in `source` alone, pydantic in `validation` alone.
"""
