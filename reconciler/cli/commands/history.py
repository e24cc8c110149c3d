"""`reconcile history`: what was applied, when, by whom and from which commit; and the audit of everything."""

import re
import time
from datetime import datetime
from typing import Any

import click
from click.core import ParameterSource

from reconciler.cli.lazy import LazyGroup
from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.cli.stores import fleet_option, store_of_fleet
from reconciler.errors import UsageError
from reconciler.render.history_json import events_json, history_json
from reconciler.render.history_text import events_text, history_text
from reconciler.store import Store

COMMANDS = {
    "show": "Show one generation: its spec, its plan, its steps.",
    "diff": "Show what two generations say differently.",
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DEFAULT = ParameterSource.DEFAULT
NO_MODELS = frozenset({"router", "server", "logging"})


class Since(click.ParamType[float]):
    """`2h`, `7d`, or a point in time such as `2026-11-21` or `2026-11-21T14:00`."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since the epoch."""
        if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", str(value).strip()):
            return time.time() - float(ago[1]) * UNITS[ago[2]]
        try:
            return datetime.fromisoformat(str(value).strip()).timestamp()
        except (ValueError, OverflowError):
            self.fail(f"expected a time ago such as `2h` or `7d`, or a date, got `{value}`", param, ctx)


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, newest first.")
@click.option("--events", is_flag=True, help="Show the audit: each thing that was done, by whom and from where.")
@click.option("--since", type=Since(), help="Only events from then on, such as `2h`, `7d` or a date.")
@click.option("--resource", metavar="NAME", help="Only events of this model (or `router`).")
@fleet_option
@common(Format.JSON)
def table(
    common: Common, *, limit: int, events: bool, since: float | None, resource: str | None, fleet: str | None
) -> int:
    """Show what was applied, when and by whom."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        # What stands before the word counts as if it stood behind it.
        ctx.default_map = {ctx.invoked_subcommand: _given(ctx)}
        return 0
    if not events and (since is not None or resource):
        raise UsageError("`--since` and `--resource` choose lines of the audit", hint="add `--events`")
    with Store.open(store_of_fleet(common, fleet)) as store:
        if events:
            return _events(common, store, limit, since or 0.0, resource)
        record, found = store.record(), store.generations(limit=limit)
    if common.output.format is Format.JSON:
        common.output.json(history_json(record.fleet, record.generation, record.hold, found))
    elif found:
        common.output.lines(history_text(record.generation, record.hold, found))
    else:
        common.output.note("nothing was applied to this store yet")
    return 0


def _given(ctx: click.Context) -> dict[str, Any]:
    given = {name: value for name, value in ctx.params.items() if ctx.get_parameter_source(name) is not DEFAULT}
    return given | {"var": [f"{name}={value}" for name, value in ctx.params["var"]]}


def _events(common: Common, store: Store, limit: int, since: float, resource: str | None) -> int:
    named = resource if resource is None or resource in NO_MODELS or "/" in resource else f"model/{resource}"
    found = store.events(limit=limit, since=since, resource=named)
    if common.output.format is Format.JSON:
        common.output.json(events_json(found))
    elif found:
        common.output.lines(events_text(found))
    else:
        common.output.note("there is no such event")
    return 0


command = LazyGroup(
    "history",
    COMMANDS,
    prefix="history_",
    help=table.help,
    callback=table.callback,
    params=table.params,
    invoke_without_command=True,
)
