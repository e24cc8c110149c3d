"""
One file a command; each has `command`.

stdout is data, stderr is everything else, and with `--format json` stdout is JSON also when the command fails.
"""
