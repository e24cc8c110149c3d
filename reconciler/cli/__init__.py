"""
The command line: parse, call, render, return a code.

MUST stay thin: what a command does is one call of a room below. Modules of `commands` are imported when they are
invoked, so that `--help` needs click alone.
"""
