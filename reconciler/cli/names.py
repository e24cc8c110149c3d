"""Names that a shell offers while somebody types: those of the record, read as quickly as `status` reads them."""

import click

from reconciler.cli.request import Common


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
