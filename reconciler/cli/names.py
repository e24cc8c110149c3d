"""Names of models: those that a shell offers while somebody types, and those that there are not."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from reconciler.cli.request import Common

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from reconciler.errors import UsageError


OFFERED = 20
"""Generations that a shell offers."""


def recorded_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    """Models and `router`; nothing where there is no store to read: a shell has no place for an explanation."""
    from reconciler.cli.directory import store_directory  # noqa: PLC0415 - `--help` needs click alone
    from reconciler.errors import ReconcilerError  # noqa: PLC0415 - `--help` needs click alone
    from reconciler.store import Store  # noqa: PLC0415 - as above

    config, profile, var = (tuple(ctx.params.get(name) or ()) for name in ("config", "profile", "var"))
    common = Common(config=config, profile=profile, var=var, store=ctx.params.get("store"))
    try:
        with Store.open(store_directory(common)) as store:
            known = store.record().resources
    except ReconcilerError:
        return []
    names = (one.removeprefix("model/") for one in known)
    return [name for name in names if name.startswith(incomplete)]


def recorded_generations(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":  # noqa: ARG001 - click's signature
    """The generations that are kept, newest first, each with what it did."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - for shells alone

    from reconciler.cli.directory import directory_of, named_directory, store_directory  # noqa: PLC0415 - as above
    from reconciler.errors import ReconcilerError  # noqa: PLC0415 - as above
    from reconciler.render.history_text import in_short  # noqa: PLC0415 - as above
    from reconciler.store import Store  # noqa: PLC0415 - as above

    config, fleet = tuple(ctx.params.get("config") or ()), ctx.params.get("fleet")
    try:
        named = named_directory(ctx.params.get("store")) or (directory_of(fleet) if fleet else None)
        with Store.open(named or store_directory(Common(config=config))) as store:
            known = store.generations(limit=OFFERED)
    except ReconcilerError:
        return []
    offered = [CompletionItem(str(one.number), help=in_short(one)) for one in known]
    return [one for one in offered if one.value.startswith(incomplete)]


def no_model(name: str, known: Iterable[str], lister: str) -> "UsageError":
    """The answer to a name that nothing has; `lister` is the command that shows those there are."""
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes alone

    from reconciler.errors import UsageError  # noqa: PLC0415 - `--help` needs click alone

    names = tuple(known)
    near = get_close_matches(name, names, 1)
    detail = f"known: {', '.join(f'`{one}`' for one in names) or 'none'}"
    return UsageError(
        f"there is no model `{name}`", detail=detail, hint=f"did you mean `{near[0]}`?" if near else f"run `{lister}`"
    )
