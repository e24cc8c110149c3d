"""`reconcile import`: what other programs have, as a configuration of ours. Each source is a module, `import_NAME`."""

from reconciler.cli.lazy import LazyGroup

COMMANDS = {"legacy": "Take over the database of a llama dashboard."}

command = LazyGroup("import", COMMANDS, prefix="import_", help="Take over what another program has.")
