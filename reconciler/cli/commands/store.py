"""`reconcile store`: the store as a thing. Each command is a module of its own, `store_NAME`."""

from reconciler.cli.lazy import LazyGroup

COMMANDS = {
    "info": "Show what is in the store, and how large it is.",
    "check": "Look for damage and for what was changed by hand.",
    "migrate": "Bring the store to the form of this program.",
    "backup": "Copy the store, also while it is being written.",
    "restore": "Go back to a backup.",
    "export": "Print all of the store as JSON lines.",
    "import": "Make a store from what `export` printed.",
    "vacuum": "Give the space that holds nothing back to the disk.",
    "rename": "Give the fleet another name, its servers stopped.",
}

command = LazyGroup("store", COMMANDS, prefix="store_", help="Look at, back up, mend and move the store of a fleet.")
