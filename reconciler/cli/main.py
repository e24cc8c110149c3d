"""The entry point: a group whose commands are imported only when they are invoked."""

import sys

from reconciler.cli.lazy import LazyGroup, load

__all__ = ["COMMANDS", "group", "load", "main"]

COMMANDS = {
    "validate": "Check the configuration; works on any machine.",
    "plan": "Show what would change, and why. Touches nothing.",
    "apply": "Make the running servers match the configuration.",
    "history": "Show what was applied, when and by whom.",
    "rollback": "Go back to an earlier generation, and hold it.",
    "resume": "Let the files count again after a rollback.",
    "status": "Show what runs, and how well.",
    "logs": "Show the log of a model or of the router.",
    "config": "Show the configuration as it is in effect.",
    "render": "Show the exact command lines that a fleet gives.",
    "adopt": "Take over a server that runs already, without a restart.",
    "destroy": "Stop everything of a fleet; its history stays.",
    "doctor": "Check what a run needs, and say how to mend it.",
    "fmt": "Write the configuration in one style.",
    "import": "Take over what another program has.",
    "store": "Look at, back up, mend and move the store of a fleet.",
    "explain": "Explain a diagnostic by its code.",
    "flags": "List the flags of llama-server, each with its setting.",
    "schema": "Print the JSON Schema of a file or an output.",
    "completion": "Print the script that completes commands in a shell.",
    "legacy": "Bring the dashboard's own database to its last form, and back.",
    "version": "Print the versions of the program and what it runs on.",
}
"""Name and one line for the list; a command says the same of itself."""


group = LazyGroup(
    "reconcile",
    COMMANDS,
    help="Keeps llama-server processes as the YAML in git declares them.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 changes pending, 3 not in style, 4 not ready, "
    "5 an old version was restored, 6 stale plan, 7 locked, 8 refused for safety, 64 wrong usage.",
)


def main(args: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    from reconciler.cli.boundary import guarded  # noqa: PLC0415 - a failing import is reported by it too

    return guarded(lambda: _run(sys.argv[1:] if args is None else args))


def _run(args: list[str]) -> object:
    """
    Imports the command before click calls itself down to it. CPython keeps frames in chunks of 16 KiB, and maps and
    unmaps memory at every call across the end of one: an import that happens to lie there takes 40 ms longer.
    """
    if named := next(filter(COMMANDS.__contains__, args), None):
        load(named)
    return group.main(args, prog_name="reconcile", standalone_mode=False)
