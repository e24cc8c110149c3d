"""Groups of commands that are imported only when they are invoked."""

import gc
import os
from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from reconciler.cli.pipes import unread


class LazyGroup(click.Group):
    """Knows its commands by name and line; imports the one that is called: the module `PREFIX` + name."""

    def __init__(self, name: str, lines: Mapping[str, str], prefix: str = "", **settings: Any) -> None:
        super().__init__(name, commands={one: click.Command(one, help=line) for one, line in lines.items()}, **settings)
        self.lines, self.prefix = lines, prefix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which somebody meets them."""
        return list(self.lines)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The real command in place of its line."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, load(f"{self.prefix}{name}") if name and known else known, rest

    def invoke(self, ctx: click.Context) -> object:
        """Click would make a closed pipe an exit code of its own."""
        with unread():
            return super().invoke(ctx)
        return 0


def load(name: str) -> click.Command:
    """Imports a command. What it brings stays to the end, so nobody needs to look for garbage in it, then or later."""
    # Pydantic would look for plugins through all packages of the environment; none has a say in what a fleet means.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    # A word of Python, such as `import`, is no name for a module.
    module = f"{name}_" if iskeyword(name) else name
    command = import_module(f"reconciler.cli.commands.{module}").command
    gc.freeze()
    gc.enable()
    if not isinstance(command, click.Command):
        msg = f"BUG: {name} is no command"
        raise TypeError(msg)
    return command
