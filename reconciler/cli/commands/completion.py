"""`reconcile completion`: click's own script, which asks the program while somebody types."""

import click
from click.shell_completion import get_completion_class

from reconciler.cli.main import group
from reconciler.cli.options import common
from reconciler.cli.request import Common


@click.command(
    epilog='bash: eval "$(reconcile completion bash)" in ~/.bashrc. zsh: the same in ~/.zshrc. '
    "fish: reconcile completion fish > ~/.config/fish/completions/reconcile.fish"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common(config=False, store=False)
def command(common: Common, *, shell: str) -> int:
    """Print the script that completes commands in a shell."""
    script = get_completion_class(shell)
    if script is None:
        msg = f"BUG: click does not know {shell}"
        raise LookupError(msg)
    common.output.raw(script(group, {}, "reconcile", "_RECONCILE_COMPLETE").source())
    return 0
